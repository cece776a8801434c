import Glibc
import Testing

@testable import Reactor

@Suite("Process")
struct ProcessTests {
  @Test("the folders above the program are named from the nearest to the root")
  func ancestors() throws {
    let folders = Process.ancestors
    #expect(folders.last == "")
    for (folder, parent) in zip(folders, folders.dropFirst()) {
      #expect(folder.hasPrefix(parent + "/"))
      #expect(!folder.dropFirst(parent.count + 1).contains("/"))
    }
    let nearest = try #require(folders.first)
    let root = try Folder("/")
    #expect(root.listing(limit: 0, depth: 1).files == [])
    #expect(throws: Never.self) { try Folder(nearest + "/") }
  }

  @Test("the limit of descriptors is raised at least to the hard limit")
  func descriptorLimit() async {
    await #expect(processExitsWith: .success) {
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      var limit = rlimit(rlim_cur: 64, rlim_max: 500)
      let lowered = unsafe setrlimit(resource, &limit)
      try #require(lowered == 0)
      let raised = Process.raiseDescriptorLimit()
      unsafe _ = getrlimit(resource, &limit)
      #expect(raised >= 500 && raised == Int(limit.rlim_cur))
    }
  }

  @Test("large blocks leave no trace once they are freed, whatever has settled between them")
  func largeBlocks() async {
    await #expect(processExitsWith: .success) {
      Process.returnLargeBlocks()
      var small: [[UInt8]] = []
      let before = Process.resources.residentBytes
      for _ in 0..<5 {
        var large: [[UInt8]] = []
        for _ in 0..<30 {
          large.append([UInt8](repeating: 1, count: 1 << 20))
          small.append([UInt8](repeating: 1, count: 1000))
        }
        try #require(Process.resources.residentBytes - before > 20 << 20)
        large = []
      }
      try #require(Process.resources.residentBytes - before < 4 << 20)
      #expect(small.count == 150)
    }
  }

  @Test("another process' resources are told: here our own, which another way tells as well")
  func otherResources() throws {
    let told = try #require(Process.resources(of: Int(getpid())))
    let own = Process.resources
    #expect(told.residentBytes > 1_000_000)
    #expect(told.residentBytes < 2 * own.residentBytes)
    // The kernel's ticks are 10 ms, for user and system each.
    #expect(told.cpuMicroseconds <= own.cpuMicroseconds + 20_000)
    #expect(Process.resources(of: Int(Int32.max)) == nil)
  }

  @Test("what is written arrives, on the stream it was meant for")
  func write() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(3),
      observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      Process.writeOutput("to the reader\n")
      Process.writeError("to the administrator\n")
      Process.exit(3)
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let error = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains("to the reader\n") && !output.contains("administrator"))
    #expect(error.contains("to the administrator\n") && !error.contains("reader"))
  }

  @Test("a line that standard error has no room for is given up, and a long one is cut")
  func writeErrorIfRoom() async throws {
    await #expect(processExitsWith: .exitCode(3)) {
      var ends: [Int32] = [0, 0]
      guard unsafe pipe(&ends) == 0, dup2(ends[1], STDERR_FILENO) >= 0 else { Process.exit(4) }
      let line = String(repeating: "x", count: 9999)
      var count = 0
      while Process.writeErrorIfRoom(line) {
        count += 1
        if count > 1000 { Process.exit(5) }
      }
      guard count > 0, !Process.writeErrorIfRoom("y") else { Process.exit(6) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      guard unsafe read(ends[0], &bytes, 4096) == 4096, bytes[4095] == UInt8(ascii: "\n"),
        Process.writeErrorIfRoom("z")
      else { Process.exit(7) }
      Process.exit(3)
    }
  }
}
