// Drives a rig in Unity by joint rotations. Start: handcam --stream udp:127.0.0.1:5052 --stream-joints openxr26
// Put it on any object, set `side`, and give `joints` the 26 transforms of a hand in OpenXR's order (palm, wrist, thumb
// metacarpal ... little tip), whose axes are OpenXR's: forward (z) along the bone, up (y) out of the back of the hand.
// It needs nothing but .NET Standard 2.1, as Unity 2021 and later bring it. Without Unity it prints what it hears:
// mcs -r:System.Runtime.Serialization -r:System.Xml -r:System.Xml.Linq HandReceiver.cs && mono HandReceiver.exe 5052
using System;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

public sealed class HandMessage
{
    public readonly string Side;
    public readonly float[][] Joints, Rotations; // metres and quaternions x y z w, in the camera's axes; NaN: not known

    private HandMessage(XElement hand) =>
        (Side, Joints, Rotations) = (hand.Element("side").Value, Rows(hand.Element("joints_m")), Rows(hand.Element("rotations")));

    // The hands of a datagram.
    public static HandMessage[] Read(byte[] datagram)
    {
        using (var json = JsonReaderWriterFactory.CreateJsonReader(datagram, XmlDictionaryReaderQuotas.Max))
            return XElement.Load(json).Element("hands").Elements().Select(hand => new HandMessage(hand)).ToArray();
    }

    private static float[][] Rows(XElement rows) => rows.Elements().Select(row => row.Elements().Select(Number).ToArray()).ToArray();

    private static float Number(XElement value) =>
        (string)value.Attribute("type") == "null" ? float.NaN : float.Parse(value.Value, CultureInfo.InvariantCulture);

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
        var hand = newest == null ? null : HandMessage.Read(newest).FirstOrDefault(each => each.Side == side);
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
#else
public static class Program
{
    public static void Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, arguments.Length > 0 ? int.Parse(arguments[0]) : 5052));
        for (IPEndPoint from = null; ;)
            foreach (var hand in HandMessage.Read(client.Receive(ref from)))
                for (int j = 0; j < hand.Joints.Length; j++)
                    Console.WriteLine($"{hand.Side} {j} at {HandMessage.UnityPoint(hand.Joints[j])} turned {HandMessage.UnityRotation(hand.Rotations[j])}");
    }
}
#endif
