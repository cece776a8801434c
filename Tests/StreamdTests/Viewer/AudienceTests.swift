import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("An audience")
struct AudienceTests {
  private let clock = StoppedClock()
  private let loop: EventLoop
  private let audience: Audience

  init() throws {
    loop = try EventLoop(clock: clock)
    audience = Audience(loop: loop)
  }

  /// Notes what it is shown in a list that all share.
  private final class Watcher: PictureWatcher {
    let number: Int
    let takesAll: Bool
    let note: (Int, Int) -> Void

    init(_ number: Int, takesAll: Bool = false, _ note: @escaping (Int, Int) -> Void) {
      (self.number, self.takesAll, self.note) = (number, takesAll, note)
    }

    func show(_ picture: Picture) { note(number, picture.number) }
    func show(_ statistics: Statistics) { note(number, 0) }
    func stateChanged(_ report: SessionReport, _ message: String) {}
  }

  private final class Notes {
    var seen: [(watcher: Int, picture: Int)] = []
  }

  private func fill(_ count: Int) -> (watchers: [Watcher], notes: Notes) {
    let notes = Notes()
    let watchers = (0..<count).map { Watcher($0) { notes.seen.append(($0, $1)) } }
    watchers.forEach(audience.add)
    return (watchers, notes)
  }

  private func picture(_ number: Int) -> Picture { Picture(jpeg: [], number: number, due: nil) }

  /// The loop's next turns, a millisecond each.
  private func pass(milliseconds: Int) {
    for _ in 0..<milliseconds {
      clock.nanoseconds += 1_000_000
      loop.expireDeadlines()
    }
  }

  @Test("is shown each picture in the order in which it came, a part of it at a time")
  func turns() {
    let (watchers, notes) = fill(1000)
    for number in 1...3 {
      audience.show(picture(number))
      #expect((1..<1000).contains(notes.seen.count), "some at once, the others later")
      pass(milliseconds: 20)
      #expect(notes.seen.map(\.watcher) == Array(0..<1000))
      #expect(notes.seen.allSatisfy { $0.picture == number })
      notes.seen = []
    }
    withExtendedLifetime(watchers) {}
  }

  @Test("a newer picture takes the place of one that some have not seen, and begins with them")
  func newest() {
    let (watchers, notes) = fill(1000)
    audience.show(picture(1))
    let first = notes.seen.count
    audience.show(picture(2))
    pass(milliseconds: 20)
    let second = notes.seen.filter { $0.picture == 2 }.map(\.watcher)
    #expect(second == Array(first..<1000) + Array(0..<first))
    #expect(notes.seen.count { $0.picture == 1 } == first)
    withExtendedLifetime(watchers) {}
  }

  @Test("numbers reach everybody beside the pictures")
  func numbers() {
    let (watchers, notes) = fill(300)
    audience.show(picture(1))
    audience.show(Statistics(SessionReport()))
    pass(milliseconds: 20)
    #expect(Set(notes.seen.filter { $0.picture == 0 }.map(\.watcher)) == Set(0..<300))
    #expect(notes.seen.count { $0.picture == 1 } == 300)
    withExtendedLifetime(watchers) {}
  }

  @Test("whoever has left is shown nothing, and coming twice is coming once")
  func leaving() {
    let (watchers, notes) = fill(3)
    audience.add(watchers[2])
    audience.remove(watchers[0])
    #expect(audience.count == 2)
    audience.show(picture(1))
    #expect(notes.seen.map(\.watcher) == [1, 2])
    audience.removeAll()
    audience.show(picture(2))
    #expect(audience.isEmpty && notes.seen.count == 2)
  }

  @Test("whoever takes all is left out of nothing, however many were there before")
  func keepers() {
    let (watchers, notes) = fill(1000)
    let keeper = Watcher(-1, takesAll: true) { notes.seen.append(($0, $1)) }
    audience.add(keeper)
    audience.add(keeper)
    #expect(audience.count == 1001 && audience.all.count == 1001)
    for number in 1...5 { audience.show(picture(number)) }
    #expect(notes.seen.filter { $0.watcher == -1 }.map(\.picture) == [1, 2, 3, 4, 5])
    audience.remove(keeper)
    audience.show(picture(6))
    #expect(audience.count == 1000 && notes.seen.count { $0.watcher == -1 } == 5)
    withExtendedLifetime(watchers) {}
  }
}
