"""What the pixels of a depth buffer show, and the light they send to the camera; compiled.

Two passes over one picture: the surface of each pixel (:func:`resolve`), and its light in the model of
:func:`handcam.synth.light.reflect` (:func:`shade`), with a shadow map of the first lamp.
"""

from typing import Any

import numpy as np

from handcam.synth.world.raster import compiled

__all__ = ["CLOTH", "PICTURE", "PLAIN", "SKIN", "resolve", "shade"]

SKIN, PLAIN, PICTURE, CLOTH = 0, 1, 2, 3
"""Kinds of material: the skin texture; vertex colours; a picture by texture coordinates; a picture, repeated, as a
weave whose mean is the tint."""


@compiled
def _texel(at: float, size: int) -> Any:
    """The two texels about a texture coordinate, which is repeated beyond 0 to 1, and the second's share."""
    x = np.float32((at - np.floor(at)) * size) - np.float32(0.5)
    first = int(np.floor(x))
    share = np.float32(x - first)
    second = first + 1
    if first < 0:
        first += size
    if second >= size:
        second -= size
    return first, second, share


@compiled
def _sample(picture: Any, taps: Any, c: int) -> Any:
    """Value of channel ``c`` between texels, ``taps`` being those of the columns, then of the rows."""
    x0, x1, fx, y0, y1, fy = taps
    above = picture[y0, x0, c] * (1 - fx) + picture[y0, x1, c] * fx
    below = picture[y1, x0, c] * (1 - fx) + picture[y1, x1, c] * fx
    return np.float32(above * (1 - fy) + below * fy)


@compiled
def resolve(
    ids: Any, corners: Any, faces: Any, vertices: Any, normals: Any, colours: Any, uv: Any, material: Any, kinds: Any,
    tints: Any, pictures: Any, skins: Any, masks: Any, noise: Any, flush: Any, linear: Any, focal: float, cx: float,
    cy: float,
) -> Any:  # fmt: skip
    """Surface that each pixel shows.

    Args:
        ids: of :func:`rasterise`.
        corners: as there.
        faces: triangles.
        vertices: (n 3) camera frame, metres.
        normals: (n 3) unit, outwards.
        colours: (n 3) linear albedo of vertices.
        uv: (m 3 2) texture coordinates of the triangles' corners.
        material: (m) row of ``kinds``, ``tints`` and ``skins``.
        kinds: (k 4) kind, number of the picture, relief (SKIN) or repeats (CLOTH), shine.
        tints: (k 3) factor on the albedo, linear.
        pictures: (t s s 3) uint8 pictures, sRGB.
        skins: (k 16) skin's back, palm, nail (3 each), red, crease, mottle, knuckle, vein, polish, bump.
        masks: (s s 4) uint8 of the skin texture.
        noise: (s s 4) uint16 of the skin texture.
        flush: (3) change of colour where blood shows.
        linear: (256) sRGB to linear light.
        focal: px.
        cx: px.
        cy: px.

    Returns:
        (h w 12): point, normal, albedo, shine, height of the relief, z; all 0 where nothing is.
    """
    h, w = ids.shape
    out = np.zeros((h, w, 12), np.float32)
    base = np.zeros(3, np.float32)
    for y in range(h):
        for x in range(w):
            f = ids[y, x]
            if f < 0:
                continue
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            xa, ya = corners[a, 0], corners[a, 1]
            xb, yb, xc, yc = corners[b, 0] - xa, corners[b, 1] - ya, corners[c, 0] - xa, corners[c, 1] - ya
            k = 1 / (xb * yc - xc * yb)
            wb, wc = ((x - xa) * yc - (y - ya) * xc) * k, ((y - ya) * xb - (x - xa) * yb) * k
            wa = (1 - wb - wc) * corners[a, 2]
            wb, wc = wb * corners[b, 2], wc * corners[c, 2]
            z = 1 / (wa + wb + wc)
            wa, wb, wc = wa * z, wb * z, wc * z
            px, py = (x - cx) / focal * z, (y - cy) / focal * z
            nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
            ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
            nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
            far = 1 / np.sqrt(px * px + py * py + z * z)
            away = max((nx * px + ny * py + nz * z) * far, np.float32(0.0))  # smoothed normals may point away
            nx -= np.float32(0.5) * away * px * far
            ny -= np.float32(0.5) * away * py * far
            nz -= np.float32(0.5) * away * z * far
            k = 1 / max(np.sqrt(nx * nx + ny * ny + nz * nz), np.float32(1e-9))
            p = out[y, x]
            p[0], p[1], p[2], p[3], p[4], p[5] = px, py, z, nx * k, ny * k, nz * k
            u = wa * uv[f, 0, 0] + wb * uv[f, 1, 0] + wc * uv[f, 2, 0]
            v = wa * uv[f, 0, 1] + wb * uv[f, 1, 1] + wc * uv[f, 2, 1]
            m = material[f]
            kind = int(kinds[m, 0])
            p[9] = kinds[m, 3]
            if kind == 0:
                skin = skins[m]
                taps = _texel(u, masks.shape[1]) + _texel(v, masks.shape[0])
                k = np.float32(1 / 255)
                palm, crease = _sample(masks, taps, 0) * k, _sample(masks, taps, 1) * k
                nail, red = _sample(masks, taps, 2) * k, _sample(masks, taps, 3) * k
                k = np.float32(1 / 65535)
                height, fine = _sample(noise, taps, 0) * k, _sample(noise, taps, 1) * k
                mottle, vein = _sample(noise, taps, 2) * k, _sample(noise, taps, 3) * k
                tone = 1 - np.float32(0.28) * skin[11] - np.float32(0.5) * skin[10] * crease
                tone += skin[11] * (np.float32(0.22) * fine + np.float32(0.34) * mottle)
                tone -= skin[12] * red * (1 - palm)
                blood = (
                    skin[9] * (red + np.float32(0.5) * mottle - np.float32(0.25)) - np.float32(0.25) * skin[13] * vein
                )
                for i in range(3):
                    flesh = (skin[i] + palm * (skin[3 + i] - skin[i])) * tone * (1 + blood * flush[i])
                    base[i] = max(flesh + nail * (skin[6 + i] - flesh), np.float32(0.004)) * tints[m, i]
                shine = 1 - np.float32(0.5) * crease + nail * (np.float32(3.0) if skin[14] > 0 else np.float32(1.2))
                p[9] *= shine
                p[10] = height * skin[15]
            else:
                for i in range(3):
                    base[i] = wa * colours[a, i] + wb * colours[b, i] + wc * colours[c, i]
                if kind >= 2:
                    repeats = kinds[m, 2] if kind == 3 else np.float32(1.0)
                    picture = pictures[int(kinds[m, 1])]
                    taps = _texel(u * repeats, picture.shape[1]) + _texel(v * repeats, picture.shape[0])
                    for i in range(3):
                        base[i] *= linear[int(_sample(picture, taps, i))]
                for i in range(3):
                    base[i] *= tints[m, i]
            p[6], p[7], p[8], p[11] = base[0], base[1], base[2], z
    return out


@compiled
def shade(
    surface: Any, ids: Any, open_: Any, material: Any, kinds: Any, directions: Any, lamps: Any, ambient: Any,
    slope: Any, gloss: float, exposure: float, relief: float, shadow: Any, shadow_axes: Any, shadow_scale: float,
    softness: float, offsets: Any, display: Any,
) -> Any:  # fmt: skip
    """Display values (h w 3) of the surfaces of :func:`resolve`, 0 to 255 and above.

    Args:
        surface: of :func:`resolve`.
        ids: of :func:`rasterise`.
        open_: (h w) share of the surroundings that each pixel sees.
        material: (m) row of ``kinds``.
        kinds: as in :func:`resolve`.
        directions: (l 3) unit, towards the lamps; the first one throws the shadows.
        lamps: (l 3) radiance.
        ambient: (3) light from everywhere.
        slope: (3 3) its change with the normal.
        gloss: exponent of the highlights.
        exposure: factor on the light.
        relief: slope of the skin for a step of one in height between neighbouring pixels.
        shadow: (s s) depth buffer of the lamp, nearness in metres towards it.
        shadow_axes: (4 3) rows: the map's x, y and the direction to the lamp; then the map's origin.
        shadow_scale: map px per metre.
        softness: half-width of the penumbra on the map, px.
        offsets: (j 2) points in the unit disc.
        display: (4096) display values of the square root of linear light.
    """
    h, w = ids.shape
    out = np.zeros((h, w, 3), np.float32)
    wrap = np.array([0.30, 0.16, 0.10], np.float32)
    size = shadow.shape[0]
    taps = min(6, len(offsets))
    for y in range(h):
        for x in range(w):
            f = ids[y, x]
            if f < 0:
                continue
            p = surface[y, x]
            nx, ny, nz = p[3], p[4], p[5]
            skin = kinds[material[f], 0] == 0
            if skin and 0 < x < w - 1 and 0 < y < h - 1:
                left, right = surface[y, x - 1, 10], surface[y, x + 1, 10]
                above, below = surface[y - 1, x, 10], surface[y + 1, x, 10]
                if min(left, right, above, below) > 0:
                    nx -= relief * (right - left)
                    ny -= relief * (below - above)
                    k = 1 / np.sqrt(nx * nx + ny * ny + nz * nz)
                    nx, ny, nz = nx * k, ny * k, nz * k
            far = -1 / np.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2])
            vx, vy, vz = p[0] * far, p[1] * far, p[2] * far
            # the share of the first lamp that is seen, from the shadow map
            lit = np.float32(1.0)
            toward = directions[0, 0] * p[3] + directions[0, 1] * p[4] + directions[0, 2] * p[5]
            if toward < -0.3:
                lit = np.float32(0.0)
            else:
                qx, qy, qz = p[0] - shadow_axes[3, 0], p[1] - shadow_axes[3, 1], p[2] - shadow_axes[3, 2]
                qx, qy, qz = (
                    qx + np.float32(0.0015) * p[3],
                    qy + np.float32(0.0015) * p[4],
                    qz + np.float32(0.0015) * p[5],
                )
                sx = (qx * shadow_axes[0, 0] + qy * shadow_axes[0, 1] + qz * shadow_axes[0, 2]) * shadow_scale
                sy = (qx * shadow_axes[1, 0] + qy * shadow_axes[1, 1] + qz * shadow_axes[1, 2]) * shadow_scale
                depth = qx * shadow_axes[2, 0] + qy * shadow_axes[2, 1] + qz * shadow_axes[2, 2]
                start = (x * 7 + y * 13) % len(offsets)
                hidden = 0
                for j in range(taps):
                    o = offsets[(start + j) % len(offsets)]
                    i, r = int(sx + softness * o[0] + np.float32(0.5)), int(sy + softness * o[1] + np.float32(0.5))
                    if 0 <= i < size and 0 <= r < size and shadow[r, i] > depth + np.float32(0.004):
                        hidden += 1
                lit = 1 - np.float32(hidden) / taps
            seen = open_[y, x]
            highlight = np.float32(0.0)
            r0 = max((ambient[0] + slope[0, 0] * nx + slope[1, 0] * ny + slope[2, 0] * nz) * seen, np.float32(0.02))
            r1 = max((ambient[1] + slope[0, 1] * nx + slope[1, 1] * ny + slope[2, 1] * nz) * seen, np.float32(0.02))
            r2 = max((ambient[2] + slope[0, 2] * nx + slope[1, 2] * ny + slope[2, 2] * nz) * seen, np.float32(0.02))
            for i in range(len(directions)):
                dx, dy, dz = directions[i, 0], directions[i, 1], directions[i, 2]
                cos = dx * nx + dy * ny + dz * nz
                share = lit if i == 0 else seen
                w0, w1, w2 = (wrap[0], wrap[1], wrap[2]) if skin else (np.float32(0), np.float32(0), np.float32(0))
                r0 += max(cos + w0, np.float32(0)) * share * lamps[i, 0] / (1 + w0)
                r1 += max(cos + w1, np.float32(0)) * share * lamps[i, 1] / (1 + w1)
                r2 += max(cos + w2, np.float32(0)) * share * lamps[i, 2] / (1 + w2)
                if cos > 0:
                    hx, hy, hz = vx + dx, vy + dy, vz + dz
                    reach = (hx * nx + hy * ny + hz * nz) / np.sqrt(hx * hx + hy * hy + hz * hz)
                    mean = (lamps[i, 0] + lamps[i, 1] + lamps[i, 2]) / 3
                    highlight += np.exp(gloss * (reach - 1)) * share * mean
            facing = min(max(nx * vx + ny * vy + nz * vz, np.float32(0)), np.float32(1))
            fresnel = np.float32(0.35) + np.float32(0.65) * (1 - facing) ** 3
            glint = np.float32(0.14 / 3) * np.sqrt(gloss) * p[9] * fresnel * highlight
            for i in range(3):
                light = ((r0, r1, r2)[i] * p[6 + i] + glint) * exposure
                out[y, x, i] = display[min(int(np.sqrt(max(light, np.float32(0))) * 1024), 4095)]
    return out
