import Glibc
import Testing

@testable import Reactor

@Suite("System calls")
struct SystemCallTests {
  /// A call that fails with each code in turn and then gives 7.
  private func failing(_ codes: [Int32]) -> (result: CallResult, calls: Int) {
    var calls = 0
    let result = systemCall {
      calls += 1
      guard calls <= codes.count else { return 7 }
      errno = codes[calls - 1]
      return -1
    }
    return (result, calls)
  }

  @Test("an interrupted call is repeated until it goes through")
  func interrupted() throws {
    let (result, calls) = failing([EINTR, EINTR, EINTR])
    guard case .value(7) = result else { throw SystemError("test", 0) }
    #expect(calls == 4)
  }

  @Test("a call that would wait is a result, not an error")
  func wouldBlock() throws {
    let (result, calls) = failing([EINTR, EAGAIN])
    guard case .wouldBlock = result else { throw SystemError("test", 0) }
    #expect(calls == 2)
  }

  @Test("a call that never waits throws its name and the code")
  func checked() {
    #expect(throws: SystemError("connect", ECONNREFUSED)) {
      try checkedCall("connect") {
        errno = ECONNREFUSED
        return -1
      }
    }
  }

  @Test("a call on a closed descriptor ends the program", arguments: [EBADF, EFAULT])
  func badDescriptor(code: Int32) async {
    await #expect(processExitsWith: .failure) { [code] in
      _ = systemCall {
        errno = code
        return -1
      }
    }
  }

  @Test("an error says what was being done and why it failed")
  func description() {
    #expect(SystemError("bind", EADDRINUSE).description == "bind: Address already in use")
  }

  @Test("running out is told from failing")
  func exhaustion() {
    let codes = [EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO]
    let exhausted = codes.map { SystemError("accept4", $0).isExhaustion }
    #expect(exhausted == [true, true, true, true, false, false])
  }
}
