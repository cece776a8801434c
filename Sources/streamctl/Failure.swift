/// Why a command did not do what it was asked for: one line that says what happened and what to do,
/// and the exit status.
struct Failure: Error, Equatable {
  /// Exit statuses, as scripts rely on them.
  enum Status: Int32 {
    /// Ctrl-C while something was followed, which is how following ends.
    case interrupted = 0
    /// The daemon refused, or a file could not be read, written or played.
    case refused = 1
    /// The command line is not understood.
    case usage = 2
    /// The daemon cannot be reached, or what answers is no daemon.
    case unreachable = 3
    /// A token is missing, wrong, or does not permit this.
    case unauthorised = 4
  }

  var status: Status
  var message: String
  /// What was asked for is not there (404).
  var isGone = false

  init(_ status: Status, _ message: String, isGone: Bool = false) {
    self.status = status
    self.message = message
    self.isGone = isGone
  }
}
