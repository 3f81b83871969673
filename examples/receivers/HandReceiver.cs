// Drives a rig in Unity by joint rotations. Start: handcam --stream udp:127.0.0.1:5052 --stream-joints openxr26
// Put it on any object, set `side`, and give `joints` the 26 transforms of a hand in OpenXR's order (palm, wrist, thumb
// metacarpal ... little tip), whose axes are OpenXR's: forward (z) along the bone, up (y) out of the back of the hand.
// Without Unity it is plain C#: HandMessage reads a message with System.Text.Json.
using System;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

public sealed class HandMessage
{
    public readonly float[][] Joints, Rotations; // metres and quaternions x y z w, in the camera's axes

    private HandMessage(float[][] joints, float[][] rotations) => (Joints, Rotations) = (joints, rotations);

    // The hand of a side; null when it is not in view.
    public static HandMessage Read(byte[] datagram, string side)
    {
        using var document = JsonDocument.Parse(datagram);
        foreach (var hand in document.RootElement.GetProperty("hands").EnumerateArray())
            if (hand.GetProperty("side").GetString() == side)
                return new HandMessage(Rows(hand.GetProperty("joints_m")), Rows(hand.GetProperty("rotations")));
        return null;
    }

    private static float[][] Rows(JsonElement rows) =>
        Array.ConvertAll(JsonSerializer.Deserialize<float?[][]>(rows), row => Array.ConvertAll(row, v => v ?? float.NaN));

    // Camera (x right, y down, z forward, right-handed) to Unity (x right, y up, z forward, left-handed): y is mirrored.
    public static (float x, float y, float z) UnityPoint(float[] p) => (p[0], -p[1], p[2]);

    // Bones run along -z in the message and along +z in Unity, so that the bone's own axes are (x, y, -z).
    public static (float x, float y, float z, float w) UnityRotation(float[] q)
    {
        // R' = diag(1,-1,1) R diag(1,1,-1), a proper rotation; its quaternion is that of R times a half turn about x
        // (i) after the mirror in y: (x, y, z, w) -> mirror (-x, y, -z, w), then times the half turn about x
        float x = -q[0], y = q[1], z = -q[2], w = q[3];
        return (w, z, -y, -x);
    }
}

#if UNITY_5_3_OR_NEWER
public sealed class HandReceiver : UnityEngine.MonoBehaviour
{
    public string side = "right";
    public int port = 5052;
    public UnityEngine.Transform[] joints = new UnityEngine.Transform[26];
    private UdpClient client;

    private void OnEnable() => client = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));

    private void OnDisable() => client.Dispose();

    private void Update()
    {
        byte[] newest = null;
        IPEndPoint from = null;
        while (client.Available > 0) newest = client.Receive(ref from); // the newest wins
        var hand = newest == null ? null : HandMessage.Read(newest, side);
        if (hand == null) return;
        for (int j = 0; j < joints.Length; j++)
        {
            if (joints[j] == null || float.IsNaN(hand.Rotations[j][0])) continue;
            var (x, y, z) = HandMessage.UnityPoint(hand.Joints[j]);
            var (qx, qy, qz, qw) = HandMessage.UnityRotation(hand.Rotations[j]);
            joints[j].SetPositionAndRotation(
                new UnityEngine.Vector3(x, y, z), new UnityEngine.Quaternion(qx, qy, qz, qw));
        }
    }
}
#endif
