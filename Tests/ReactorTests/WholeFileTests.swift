import Foundation
import Testing

@testable import Reactor

@Suite("Whole files")
struct WholeFileTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/streamd-\(UUID())"
  private let cleaner: Cleaner

  init() throws {
    cleaner = Cleaner(path: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Removes the test's folder with everything in it.
  private final class Cleaner {
    let path: String
    init(path: String) { self.path = path }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test("what is put there is found again, for the owner alone, with the folders on the way")
  func replace() throws {
    let path = folder + "/a/b/file"
    try WholeFile.replace(path, with: [1, 2, 3])
    #expect(try WholeFile.read(path, limit: 3) == [1, 2, 3])
    #expect(mode(path) == 0o600)
    #expect(mode(String(path.dropLast(5))) == 0o700)
    try WholeFile.replace(path, with: [])
    #expect(try WholeFile.read(path, limit: 0).isEmpty)
    let entries = try Folder(String(path.dropLast(5))).listing(limit: 10, depth: 1).files
    #expect(entries == ["file"], "nothing is left beside it")
  }

  @Test("a file that cannot be replaced stays as it was")
  func cannotReplace() throws {
    try WholeFile.write([1], at: folder + "/plain")
    #expect(throws: SystemError.self) {
      try WholeFile.replace(folder + "/plain/below", with: [2])
    }
    #expect(unsafe mkdir(folder + "/taken", 0o700) == 0)
    #expect(throws: SystemError.self) { try WholeFile.replace(folder + "/taken", with: [2]) }
    #expect(try WholeFile.read(folder + "/plain", limit: 9) == [1])
    #expect(try Folder(folder).listing(limit: 10, depth: 1).files == ["plain"])
  }

  @Test("a file is written in place, and a device is written to rather than replaced")
  func write() throws {
    let path = folder + "/file"
    try WholeFile.write([UInt8](repeating: 7, count: 100_000), at: path)
    #expect(unsafe chmod(path, 0o640) == 0)
    try WholeFile.write([8], at: path)
    #expect(try WholeFile.read(path, limit: 10) == [8])
    #expect(mode(path) == 0o640)
    try WholeFile.write([1, 2], at: "/dev/null")
    #expect(throws: SystemError.self) { try WholeFile.write([1], at: "/dev/full") }
    #expect(throws: SystemError.self) { try WholeFile.write([1], at: "/nonexistent/file") }
    #expect(throws: SystemError.self) { try WholeFile.write([1], at: path + "\0x") }
  }

  @Test("only regular files up to the limit are read; large ones say how far they are")
  func read() throws {
    let bytes = [UInt8](capacity: 9 << 20) { bytes in
      for index in 0..<9 << 20 { bytes.append(UInt8(truncatingIfNeeded: index >> 8)) }
    }
    try WholeFile.write(bytes, at: folder + "/large")
    var steps: [Int] = []
    let read = try WholeFile.read(folder + "/large", limit: 9 << 20) { done, size in
      steps.append(done)
      #expect(size == bytes.count)
    }
    let isSame = read == bytes
    #expect(isSame)
    #expect(steps.count == 3 && steps.last == bytes.count && steps == steps.sorted())
    #expect(unsafe mkfifo(folder + "/fifo", 0o600) == 0)
    for (path, code) in [
      ("/large", EFBIG), ("/fifo", EINVAL), ("", EISDIR), ("/none", ENOENT), ("/large\0", ENOENT),
    ] {
      do throws(SystemError) {
        _ = try WholeFile.read(folder + path, limit: 100)
        Issue.record("\(path) was read")
      } catch {
        #expect(error.code == code, "\(path): \(error)")
      }
    }
  }
}
