import Glibc
import Testing

@testable import Reactor

@Suite("Terminal")
struct TerminalTests {
  @Test("a pipe is no terminal; everything that is written arrives")
  func pipes() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(7),
      observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      guard !Terminal.output.isInteractive, Terminal.output.size == nil else { exit(1) }
      try Terminal.output.write(String(repeating: "0123456789", count: 50_000))
      try Terminal.errors.write("the end\n")
      exit(7)
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    #expect(output.contains(String(repeating: "0123456789", count: 50_000)))
    let errors = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(errors.contains("the end\n"))
  }

  @Test("a terminal says how large it is")
  func size() async {
    await #expect(processExitsWith: .exitCode(7)) {
      // posix_openpt and its like are hidden behind _XOPEN_SOURCE; these are what they ask for.
      let (lock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
      let controller = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var (isLocked, index) = (Int32(0), UInt32(0))
      guard controller >= 0, unsafe ioctl(controller, lock, &isLocked) == 0,
        unsafe ioctl(controller, number, &index) == 0
      else { exit(1) }
      let terminal = unsafe open("/dev/pts/\(index)", O_RDWR | O_NOCTTY)
      // The four numbers of `winsize`: rows, columns, and what they are in pixels.
      var size: [UInt16] = [33, 121, 0, 0]
      guard terminal >= 0, unsafe ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0,
        dup2(terminal, STDOUT_FILENO) >= 0
      else { exit(2) }
      guard Terminal.output.isInteractive, let found = Terminal.output.size else { exit(3) }
      exit(found.columns == 121 && found.rows == 33 ? 7 : 4)
    }
  }
}
