// One person in a room through LiveKit's Node client. Arguments: url, token, brightness of its picture.
// Writes a JSON line for each thing it is told or sees; obeys one command a line on stdin.
import { createInterface } from 'node:readline';
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  VideoStream,
  dispose,
} from '@livekit/rtc-node';

const [url, token, luma] = process.argv.slice(2);
const WIDTH = 160;
const HEIGHT = 90;
const RATE = 48000;

const tell = (event, values = {}) => process.stdout.write(`${JSON.stringify({ event, ...values })}\n`);

async function watch(track, participant) {
  for await (const { frame } of new VideoStream(track)) {
    const plane = frame.convert(VideoBufferType.I420).data.subarray(0, frame.width * frame.height);
    tell('frame', { identity: participant.identity, luma: plane.reduce((sum, value) => sum + value, 0) / plane.length });
  }
}

const room = new Room();
room.on(RoomEvent.TrackSubscribed, (track, publication, participant) => {
  if (track.kind === TrackKind.KIND_VIDEO) watch(track, participant);
});
room.on(RoomEvent.TrackMuted, (publication, participant) => tell('muted', { identity: participant.identity }));
room.on(RoomEvent.TrackUnpublished, (publication, participant) => tell('unpublished', { identity: participant.identity }));
room.on(RoomEvent.ParticipantDisconnected, (participant) => tell('left', { identity: participant.identity }));
room.on(RoomEvent.DataReceived, (data, participant, kind, topic) =>
  tell('data', { text: new TextDecoder().decode(data), identity: participant?.identity, topic }),
);
room.on(RoomEvent.Disconnected, (reason) => tell('disconnected', { reason }));

async function publish() {
  const camera = new VideoSource(WIDTH, HEIGHT);
  const picture = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
  picture.fill(Number(luma), 0, WIDTH * HEIGHT);
  setInterval(() => camera.captureFrame(new VideoFrame(picture, WIDTH, HEIGHT, VideoBufferType.I420)), 200);
  const cameraTrack = LocalVideoTrack.createVideoTrack('cam', camera);
  const shown = await room.localParticipant.publishTrack(
    cameraTrack,
    new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: false }),
  );
  const microphone = new AudioSource(RATE, 1);
  const microphoneTrack = LocalAudioTrack.createAudioTrack('mic', microphone);
  await room.localParticipant.publishTrack(
    microphoneTrack,
    new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
  );
  const samples = RATE / 50;
  const wave = Int16Array.from({ length: samples }, (_, at) => 12000 * Math.sin((2 * Math.PI * 400 * at) / RATE));
  (async () => {
    for (;;) await microphone.captureFrame(new AudioFrame(wave, RATE, 1, samples));
  })();
  return { shown };
}

let published;
const commands = {
  publish: async () => {
    published = await publish();
    tell('published', { sid: published.shown.sid });
  },
  say: async ([topic, to, ...words]) =>
    room.localParticipant.publishData(new TextEncoder().encode(words.join(' ')), {
      reliable: true,
      topic,
      destination_identities: to === '*' ? [] : [to],
    }),
  unpublish: async () => room.localParticipant.unpublishTrack(published.shown.sid),
  leave: async () => {
    await room.disconnect();
    await dispose();
    process.exit(0);
  },
};

await room.connect(url, token, { autoSubscribe: true, dynacast: false });
tell('joined', { others: [...room.remoteParticipants.keys()] });
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ');
  await commands[command](rest);
}
