/// When a source is to be pulled, without the pulling: while somebody watches or always, and after
/// a failure again, more and more seldom, for ever. What happens and the time go in, what to do
/// comes out.
///
///     idle ──wanted──▶ connecting ──▶ playing ──failed──▶ waiting ──▶ connecting
///       ▲────────── unwanted, and nobody has come within the time of grace ──────────┘
public struct RelaySchedule: Sendable {
  /// When a source is wanted.
  public enum Mode: String, CaseIterable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case always
    /// From the first viewer on, until some time after the last one.
    case onDemand = "on_demand"
  }

  /// What is going on.
  public enum State: Equatable, Sendable {
    /// Nobody wants it. To `connecting` or `waiting`.
    case idle
    /// To `playing`, `waiting` or `idle`.
    case connecting
    /// Since then. To `waiting` or `idle`.
    case playing(since: Nanoseconds)
    /// The next attempt begins then. To `connecting` or `idle`.
    case waiting(until: Nanoseconds)
  }

  /// What went wrong.
  public enum Trouble: Equatable, Sendable {
    /// Nobody is there, or there is no understanding.
    case lost
    /// The source wants a password, or another one. A camera that is asked with a wrong one too
    /// often locks everybody out.
    case unauthorised
  }

  /// What the caller is to do.
  public enum Action: Equatable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case connect, disconnect
  }

  /// How a source is waited for.
  public struct Patience: Equatable, Sendable {
    /// Between attempts.
    public var lost = Backoff(from: 500_000_000, to: 30_000_000_000)
    /// Between attempts with a password that the source did not like.
    public var unauthorised = Backoff(from: 60_000_000_000, to: 600_000_000_000)
    /// A source that has played for so long is counted as found; the next trouble is a new one.
    public var successNanoseconds: Nanoseconds = 5_000_000_000

    /// The standard one.
    public init() {}
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let mode: Mode
  private let graceNanoseconds: Nanoseconds
  private var patience: Patience
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public private(set) var state = State.idle
  /// What has ended the last attempt; nil once a picture has come.
  public private(set) var trouble: Trouble?
  /// Nobody has watched for so long that the source is let go.
  private var releaseAt: Nanoseconds?
  /// No attempt begins earlier, whoever comes and goes.
  private var earliest: Nanoseconds = .min

  /// - Parameter graceNanoseconds: how long a source plays on after its last viewer.
  public init(_ mode: Mode, graceNanoseconds: Nanoseconds, patience: Patience = Patience()) {
    self.mode = mode
    self.graceNanoseconds = graceNanoseconds
    self.patience = patience
  }

  // MARK: What happens

  /// The source is there to be pulled from now on.
  public mutating func begin(at now: Nanoseconds) -> Action? {
    mode == .always ? approach(at: now) : nil
  }

  /// Somebody watches.
  public mutating func wanted(at now: Nanoseconds) -> Action? {
    releaseAt = nil
    return state == .idle ? approach(at: now) : nil
  }

  /// Nobody watches any more.
  public mutating func unwanted(at now: Nanoseconds) {
    if mode == .onDemand, state != .idle { releaseAt = now + graceNanoseconds }
  }

  /// A picture has come.
  public mutating func played(at now: Nanoseconds) {
    guard state == .connecting else { return }
    state = .playing(since: now)
    trouble = nil
  }

  /// The attempt has failed, or what played is lost.
  public mutating func failed(
    _ trouble: Trouble, at now: Nanoseconds, using random: inout some RandomNumberGenerator
  ) {
    if case .playing(let since) = state, now - since >= patience.successNanoseconds {
      patience.lost.reset()
      patience.unauthorised.reset()
    }
    guard state != .idle else { return }
    self.trouble = trouble
    let delay =
      trouble == .lost
      ? patience.lost.next(using: &random) : patience.unauthorised.next(using: &random)
    earliest = now + delay
    state = .waiting(until: earliest)
  }

  /// A deadline has come.
  public mutating func wake(at now: Nanoseconds) -> Action? {
    if let releaseAt, now >= releaseAt {
      self.releaseAt = nil
      defer { state = .idle }
      return state == .idle ? nil : .disconnect
    }
    guard case .waiting(let until) = state, now >= until else { return nil }
    state = .connecting
    return .connect
  }

  /// When ``wake(at:)`` is to be called.
  public var deadline: Nanoseconds? {
    guard case .waiting(let until) = state else { return releaseAt }
    return min(until, releaseAt ?? until)
  }

  private mutating func approach(at now: Nanoseconds) -> Action? {
    guard earliest <= now else {
      state = .waiting(until: earliest)
      return nil
    }
    state = .connecting
    return .connect
  }
}
