/// Where to go on behind a picture whose markers break off (``JPEGWalk/Outcome/malformed``).
///
/// A damaged picture does not take those behind it along, so that the search begins anew just
/// behind its SOI marker. But walks from there may well come to the same end, as often as somebody
/// has written SOI markers before it: whichever goes no further than one before it is passed over
/// whole. Markers where two walks meet are walked over twice, and all others once.
struct DamagedStretch: Sendable {
  /// How far a walk has come.
  private var end = 0

  /// The offset to go on at.
  ///
  /// - Parameters:
  ///   - start: where the picture begins.
  ///   - reach: where there is no marker.
  mutating func resumption(behind start: Int, reach: Int) -> Int {
    let next = start + 2
    guard reach > end else { return max(next, reach) }
    end = reach
    return next
  }

  /// What lies before was dropped: everything lies nearer by so many bytes.
  mutating func moved(by distance: Int) { end = max(0, end - distance) }
}
