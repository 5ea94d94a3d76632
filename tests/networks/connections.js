// Keeps every RTCPeerConnection of the page, can keep ways from it, and tells in few numbers what its statistics say.
(() => {
  const all = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...options) {
      super(...options);
      all.push(this);
    }

    // A client that can use nothing but TCP never learns of other ways.
    setRemoteDescription(description) {
      if (!window.knowsOnlyTcp) return super.setRemoteDescription(description);
      const sdp = description.sdp.replace(/^a=candidate:\S+ \d udp .*\r\n/gim, '');
      return super.setRemoteDescription({ type: description.type, sdp });
    }
  };
  const alive = () => all.filter((one) => one.connectionState !== 'closed');

  async function reports() {
    return Promise.all(alive().map(async (one) => [...(await one.getStats()).values()]));
  }

  // How each connection reaches the node: udp, tcp, or what it speaks with its relay.
  window.paths = async () => (await reports()).map((stats) => {
    const find = (id) => stats.find((one) => one.id === id);
    const transport = stats.find((one) => one.type === 'transport' && one.selectedCandidatePairId);
    const pair = transport && find(transport.selectedCandidatePairId);
    if (!pair) return 'none';
    const [local, remote] = [find(pair.localCandidateId), find(pair.remoteCandidateId)];
    return local.candidateType === 'relay' ? `relay/${local.relayProtocol}` : `${remote.protocol}/${remote.address}`;
  });

  // Totals over all incoming tracks of one kind.
  window.incoming = async (kind) => {
    const total = { packets: 0, lost: 0, bytes: 0, frames: 0, freezes: 0, frozen: 0, concealed: 0, samples: 0, energy: 0 };
    for (const stats of await reports())
      for (const one of stats.filter((each) => each.type === 'inbound-rtp' && each.kind === kind)) {
        total.packets += one.packetsReceived || 0;
        total.lost += one.packetsLost || 0;
        total.bytes += one.bytesReceived || 0;
        total.frames += one.framesDecoded || 0;
        total.freezes += one.freezeCount || 0;
        total.frozen += one.totalFreezesDuration || 0;
        total.concealed += (one.concealedSamples || 0) - (one.silentConcealedSamples || 0);
        total.samples += one.totalSamplesReceived || 0;
        total.energy += one.totalAudioEnergy || 0;
      }
    return total;
  };

  // The newest answers of `incoming` and `paths`, for conditions, which cannot wait for an answer; and the longest time
  // without a new packet of anybody's voice, in seconds, since the call of `listen`.
  window.newest = { audio: { packets: 0 }, paths: [], silence: 0 };
  let heardAt = performance.now();
  window.listen = () => {
    heardAt = performance.now();
    newest.silence = 0;
  };
  async function look() {
    const [audio, ways] = [await incoming('audio'), await paths()];
    const now = performance.now();
    newest.silence = Math.max(newest.silence, (now - heardAt) / 1000);
    if (audio.packets !== newest.audio.packets) heardAt = now;
    [newest.audio, newest.paths] = [audio, ways];
    setTimeout(look, 100);
  }
  look();
})();
