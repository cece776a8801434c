internal import Wire

/// Every bound of the daemon, with its reason. What a stranger can make grow is bounded here.
struct Limits {
  /// Each costs a descriptor and a little memory; 5,000 viewers with UDP use three descriptors
  /// each.
  var connectionsMax = 10_000
  /// From one address, to each port: a class behind one router, or a wall of screens. See ``Door``
  /// for what counts as an address.
  var addressConnectionsMax = 256
  /// New connections and requests of one address, in the long run; four seconds' worth at once.
  /// Beyond that they are refused with 429 or 503.
  var addressRequestsPerSecond = 500
  /// RTSP sessions of one address: as many viewers as it may have connections.
  var addressSessionsMax = 256
  /// Addresses that are remembered after their last connection, so that coming back does not fill
  /// their bucket. Each takes some 50 bytes.
  var addressesMax = 10_000
  /// Requests of one connection, in the long run. What comes faster is read no faster.
  var requestsPerSecond = 100
  /// Requests of one connection that are served in one go: a millisecond's work at most. A page
  /// with all its files is less.
  var requestBurst = 32
  /// When frames take so much of the time, for a second on end, new viewers are turned away: one
  /// more would cost those who watch their frames. What is left is for requests. See ``LoopProbe``.
  var loadPercentMax = 97
  /// Players hold one, or one for each track.
  var sessionsMax = 8
  /// Replies that a client does not read. Beyond this its requests are not read either.
  var replyBytesMax = 64 * 1024
  /// What waits for all viewers over TCP that are slow, together, beside what the kernel holds: the
  /// rest of a frame each. Who would add a large one to it beyond this is let go; as much as
  /// replies may take is always there.
  var backlogBytesMax = 256 << 20
  /// What the kernel holds for an interleaved viewer that does not read: about a second of video at
  /// 15 kB a frame. The kernel doubles it, and large pictures raise it to two frames.
  var sendBufferBytes = 128 * 1024
  /// The raise for large pictures ends here.
  var sendBufferBytesMax = 1024 * 1024
  /// Nobody reads what arrives on an RTP port, so little may gather there.
  var unreadBytes = 4096
  /// RTCP that has not been read yet. A report is some 60 bytes, which the kernel counts as 800.
  var controlBytes = 16 * 1024
  /// A session without a sign of life ends after this (RFC 2326 §12.37).
  var sessionTimeoutSeconds = 60
  /// A player closes its port for a moment when it seeks; one that has crashed never opens it
  /// again, and need not be sent to for a whole timeout.
  var unreachableSeconds = 10
  /// An RTSP connection without a session and without a word; never longer than a session lives.
  var rtspIdleSeconds = 60
  /// Request line and headers of an RTSP request.
  var rtspHeadBytesMax = 8192
  /// The same in HTTP, where browsers send cookies of everything that runs on the same host.
  var httpHeadBytesMax = 16_384
  /// Header lines of a request.
  var headersMax = 100
  /// The body of a request: control messages are small.
  var bodyBytesMax = 65_536
  /// A connection that is being closed may still take its last reply for so long.
  var lingerSeconds = 2
  /// What is kept of files that are played, ready to be sent; more is read when it is needed.
  var mediaMemoryBytes = 256 << 20
  /// Files in the media folder, numbered pictures included, and folders in folders.
  var mediaFilesMax = 100_000
  /// See ``mediaFilesMax``.
  var mediaDepthMax = 8
  /// What a browser does not read, beside the rest of one frame. A page of a long list fits.
  var httpQueueBytesMax = 256 * 1024
  /// A request that has begun must be complete within this.
  var requestSeconds = 10
  /// A connection without requests, and a browser that does not answer pings.
  var httpIdleSeconds = 60
  /// What a browser says is short.
  var webSocketMessageBytesMax = 64 * 1024
  /// Each is an RTSP client with a pair of ports.
  var viewerSessionsMax = 256
  /// A viewer session that nobody watches or asks for ends after this.
  var viewerIdleSeconds = 600
  /// Live sources, published and relayed: each holds its newest picture in every layout.
  var liveStreamsMax = 256
  /// When a live source is gone its last picture is shown for so long; then its viewers end.
  var liveHoldSeconds = 10
  /// A picture that somebody publishes; RTP can carry no larger ones.
  var livePictureBytesMax = 16 << 20
  /// Pictures of one live source: as many as the fastest file has. More cost time and show nothing.
  var liveFramesPerSecond = 240
  /// Whoever publishes over HTTP and sends no picture for so long is gone. Over RTSP it is the
  /// session's timeout.
  var liveSilenceSeconds = 20
  /// Who asks for a live source waits so long for its first picture: a camera has to be reached,
  /// and players give up soon after.
  var liveWaitSeconds = 10
  /// An instance that is being drained ends after this, whoever still watches.
  var drainSeconds = 3600
  /// What the first wrong password on a connection costs: little for somebody who has mistyped.
  var penaltyMilliseconds = 250
  /// Each further one costs twice the one before, up to this: a connection tries 20,000 passwords
  /// a day, and is in the log with each.
  var penaltyMillisecondsMax = 4000
  /// A player that pauses for longer asks once more; whoever has overheard a nonce has no use for
  /// it (RFC 7616 §5.4).
  var nonceSeconds = 600
  /// What a browser's login is good for: a day's work.
  var loginSeconds = 12 * 3600
  /// Logins of one user that are good at the same time; the oldest gives way.
  var loginsMax = 32
  /// Each writes to the disk what it shows.
  var recordingsMax = 16
  /// Then a recording begins another file. Old players stumble over more than 1 GB.
  var recordingFileBytesMax = 1_000_000_000
  /// The same by the time that it shows.
  var recordingFileSeconds = 3600
  /// So many files of a recording are kept, the newest; 0 keeps all.
  var recordingFilesMax = 0
  /// What a recording holds for a disk that is slow; beyond this its pictures are left out.
  var recordingQueueBytesMax = 8 << 20
  /// What recordings leave free on their disk for everybody else.
  var recordingFreeBytes = 256 << 20
  /// A page of a list.
  var pageMax = 500
  /// A sender report every so often (RFC 3550 §6.2).
  var reportSeconds = 5
}
