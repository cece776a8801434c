import Glibc
import Testing

@testable import Reactor

@Suite("Worker")
struct WorkerTests {
  @Test("does jobs in their order on another thread, and tells the loop's thread")
  func order() throws {
    let loop = try EventLoop()
    let worker = try Worker(on: loop)
    let here = UInt(bitPattern: pthread_self().hashValue)
    var results: [Int] = []
    var threads: Set<UInt> = []
    for number in 0..<100 {
      try worker.perform({ (number, UInt(bitPattern: pthread_self().hashValue)) }) { result in
        results.append(result.0)
        threads.insert(result.1)
        #expect(UInt(bitPattern: pthread_self().hashValue) == here)
      }
    }
    #expect(worker.pending == 100)
    try loop.turns { worker.pending == 0 }
    #expect(results == Array(0..<100))
    #expect(threads.count == 1 && !threads.contains(here))
    worker.close()
  }

  @Test("results of different kinds reach those who asked for them")
  func kinds() throws {
    let loop = try EventLoop()
    let worker = try Worker(on: loop)
    var text = ""
    var list: [UInt8] = []
    var failure: SystemError?
    try worker.perform({ "one" }) { text = $0 }
    try worker.perform({ [1, 2, 3] as [UInt8] }) { list = $0 }
    try worker.perform({ () -> Result<Int, SystemError> in .failure(SystemError("x", 5)) }) {
      if case .failure(let error) = $0 { failure = error }
    }
    try loop.turns { worker.pending == 0 }
    #expect(text == "one" && list == [1, 2, 3] && failure?.call == "x")
    worker.close()
  }

  @Test("a job may be given when another ends")
  func chain() throws {
    let loop = try EventLoop()
    let worker = try Worker(on: loop)
    var last = 0
    func next(_ number: Int) {
      last = number
      guard number < 50 else { return }
      try? worker.perform({ number + 1 }) { next($0) }
    }
    next(0)
    try loop.turns { last == 50 }
    worker.close()
  }

  @Test("after the end nobody is told of anything")
  func closed() throws {
    let loop = try EventLoop()
    let worker = try Worker(on: loop)
    var isTold = false
    try worker.perform({ true }) { isTold = $0 }
    worker.close()
    #expect(worker.pending == 0)
    let other = try Worker(on: loop)
    var isDone = false
    try other.perform({ true }) { isDone = $0 }
    try loop.turns { isDone }
    #expect(!isTold)
    other.close()
  }
}
