// Print the pinch, heard by Foxglove's own client. Start: handcam --stream foxglove:8766, then:
//   npm install @foxglove/ws-protocol@0.8 ws@8
//   node receive_foxglove.mjs
import protocol from "@foxglove/ws-protocol";
import WebSocket from "ws";

const client = new protocol.FoxgloveClient({
  ws: new WebSocket(`ws://127.0.0.1:${process.argv[2] ?? 8766}`, ["foxglove.sdk.v1"]), // what the SDK's server speaks
});
const topics = new Map();

client.on("advertise", (channels) => {
  for (const { id, topic } of channels) topics.set(client.subscribe(id), topic);
});
client.on("message", ({ subscriptionId, data }) => {
  if (topics.get(subscriptionId) !== "/hands") return;
  const { frame, hands } = JSON.parse(new TextDecoder().decode(data));
  for (const { side, track, pinch, pinch_m } of hands) {
    console.log(`frame ${frame} ${side} #${track} pinch ${pinch} (${(1000 * pinch_m).toFixed(0)} mm)`);
  }
});
client.on("error", () => console.error("No handcam there; start it with --stream foxglove:8766"));
