// The browser's twin of clock_media.py: a picture and a tone that tell the session second.
(() => {
  const BITS = 12, COLUMNS = 15, BASE = 400, STEP = 50, TONES = 40;
  // Set when the session has opened: unix ms of its second 0.
  window.clockZeroMs = null;
  const elapsedMs = () => Math.max(0, Date.now() - (window.clockZeroMs ?? Date.now()));
  // A MediaStream with one video and one audio track.
  window.clockMedia = (width = 640, height = 360, fps = 10) => {
    const canvas = document.createElement('canvas');
    canvas.width = width; canvas.height = height;
    const pen = canvas.getContext('2d', { alpha: false });
    const draw = () => {
      const tenths = Math.floor(elapsedMs() / 100) % (1 << BITS);
      const bits = Array.from({ length: BITS }, (_, i) => (tenths >> (BITS - 1 - i)) & 1);
      const blocks = [1, ...bits, bits.reduce((a, b) => a + b, 0) % 2, 0];
      blocks.forEach((bit, i) => {
        pen.fillStyle = bit ? '#fff' : '#000';
        const x = Math.ceil(i * width / COLUMNS);
        pen.fillRect(x, 0, Math.ceil((i + 1) * width / COLUMNS) - x, height);
      });
    };
    draw();
    setInterval(draw, 1000 / fps);
    const stream = canvas.captureStream(fps);
    const audio = new AudioContext({ sampleRate: 48000 });
    const oscillator = audio.createOscillator(), gain = audio.createGain(), out = audio.createMediaStreamDestination();
    gain.gain.value = 0.3;
    oscillator.connect(gain).connect(out);
    const tune = () => {
      const second = Math.floor(elapsedMs() / 1000);
      oscillator.frequency.setValueAtTime(BASE + STEP * (second % TONES), audio.currentTime);
    };
    tune(); oscillator.start(); setInterval(tune, 50);
    stream.addTrack(out.stream.getAudioTracks()[0]);
    return stream;
  };
  // The second a video or canvas element shows, or null.
  window.readClock = (element) => {
    const width = COLUMNS * 8, height = 24;
    const canvas = document.createElement('canvas');
    canvas.width = width; canvas.height = height;
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    pen.drawImage(element, 0, 0, width, height);
    const pixels = pen.getImageData(0, height / 2, width, 1).data;
    const values = Array.from({ length: COLUMNS }, (_, c) => {
      let sum = 0;
      for (let x = c * 8 + 2; x < c * 8 + 6; x++) sum += pixels[x * 4 + 1];
      return sum / 4;
    });
    if (values[0] < 160 || values[COLUMNS - 1] > 90 || values.some((v) => v > 90 && v < 160)) return null;
    const bits = values.slice(1, 1 + BITS).map((v) => (v > 125 ? 1 : 0));
    if (bits.reduce((a, b) => a + b, 0) % 2 !== (values[1 + BITS] > 125 ? 1 : 0)) return null;
    return bits.reduce((sum, bit, i) => sum + bit * 2 ** (BITS - 1 - i), 0) / 10;
  };
  // The page's own camera and microphone become the clock.
  window.useClockMedia = () => {
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = window.clockMedia();
      if (!wanted.video) stream.getVideoTracks().forEach((track) => stream.removeTrack(track));
      if (!wanted.audio) stream.getAudioTracks().forEach((track) => stream.removeTrack(track));
      return stream;
    };
  };
  // What was really seen on this page: [session second, unix ms], five times a second.
  window.clockSeen = [];
  setInterval(() => {
    for (const video of document.querySelectorAll('video')) {
      const second = video.videoWidth ? window.readClock(video) : null;
      if (second !== null) {
        window.clockSeen.push([second, Date.now()]);
        return;
      }
    }
  }, 200);
  // When media packets really arrived on this page: unix ms of each look at which there were more than before.
  window.mediaArrived = [];
  const connections = new Set();
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      connections.add(this);
    }
  };
  let received = 0;
  setInterval(async () => {
    let now = 0;
    for (const connection of connections) {
      if (connection.connectionState === 'closed') continue;
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type === 'inbound-rtp') now += stat.packetsReceived;
      }
    }
    if (now > received) window.mediaArrived.push(Date.now());
    received = now;
  }, 200);
})();
