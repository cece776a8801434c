/// What a PLAY request means for a medium: where to go and where to end, in frames.
public struct PlayOrder: Equatable, Sendable {
  /// Where playing ends.
  public enum End: Equatable, Sendable {
    /// Where it was to end before.
    case unchanged
    /// Never: the medium is played round and round.
    case open
    /// Before this frame.
    case before(Int)
  }

  /// The frame to go to; nil goes on where the playhead stands.
  public var frame: Int?
  /// Where to end.
  public var end: End

  /// Go on as before.
  public static let resume = PlayOrder(frame: nil, end: .unchanged)
  /// From the first frame, round and round.
  public static let fromStart = PlayOrder(frame: 0, end: .open)

  /// Both fields.
  public init(frame: Int?, end: End) {
    self.frame = frame
    self.end = end
  }

  /// Places a range in a medium. An end at or beyond the duration counts as open: players echo the
  /// range of the session description, and would freeze after one round otherwise.
  ///
  /// A live source has one place only, and players ask for `npt=0-` or `npt=now-`, meaning that.
  ///
  /// - Throws: 457 when the range lies outside of the medium or is empty.
  public init(_ range: NPTRange, in media: MediaDescription) throws(RTSPRefusal) {
    guard !media.isLive else {
      self = .resume
      return
    }
    var first: Int?
    if case .at(let time) = range.start {
      guard time < media.duration else {
        throw RTSPRefusal(
          .invalidRange, "the range begins after the end at \(NPTRange.seconds(media.duration)) s")
      }
      first = Int(min(media.rate.frame(atMicroseconds: time), Int64(media.frameCount - 1)))
    }
    frame = first
    guard let time = range.end, time < media.duration else {
      end = .open
      return
    }
    // Frames that begin at least a millisecond before the end are shown; the rate's search reaches
    // almost a millisecond ahead.
    let last = time < 1000 ? -1 : Int(media.rate.frame(atMicroseconds: time - 1999))
    guard last >= (first ?? 0) else {
      throw RTSPRefusal(.invalidRange, "the range ends before it begins")
    }
    end = .before(min(last + 1, media.frameCount))
  }
}
