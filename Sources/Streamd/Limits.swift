internal import Wire

/// Every bound of the daemon, with its reason. What a stranger can make grow is bounded here.
struct Limits {
  /// Each costs a descriptor and a little memory; 5,000 viewers with UDP use three descriptors
  /// each.
  var connectionsMax = 10_000
  /// Replies that a client does not read. Beyond this its requests are not read either.
  var replyBytesMax = 64 * 1024
  /// What the kernel holds for an interleaved viewer that does not read: about a second of video at
  /// 15 kB a frame. The kernel doubles it, and large pictures raise it to two frames.
  var sendBufferBytes = 128 * 1024
  /// The raise for large pictures ends here.
  var sendBufferBytesMax = 1024 * 1024
  /// Nobody reads what arrives on an RTP port, so little may gather there.
  var unreadBytes = 4096
  /// A session without a sign of life ends after this (RFC 2326 §12.37).
  var sessionTimeoutSeconds = 60
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
  /// A page of a list.
  var pageMax = 500
  /// A sender report every so often (RFC 3550 §6.2).
  var reportSeconds = 5
}
