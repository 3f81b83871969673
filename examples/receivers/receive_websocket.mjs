// Print the pinch. Start: handcam --stream websocket:8765, then: node receive_websocket.mjs   (Node 22 or newer)
const socket = new WebSocket(`ws://127.0.0.1:${process.argv[2] ?? 8765}`);

socket.onmessage = ({ data }) => {
  const { frame, order, hands } = JSON.parse(data);
  const tip = { common21: 8, mediapipe: 8, freihand: 8, mano: 17, openxr26: 10 }[order]; // index fingertip
  for (const { side, track, joints_m, pinch, pinch_m } of hands) {
    const [x, y, z] = joints_m[tip].map((v) => v.toFixed(3)); // metres, camera frame
    const mm = (1000 * pinch_m).toFixed(0);
    console.log(`frame ${frame} ${side} #${track} tip ${x} ${y} ${z} pinch ${pinch} (${mm} mm)`);
  }
};
socket.onerror = () => console.error("No handcam there; start it with --stream websocket:8765");
