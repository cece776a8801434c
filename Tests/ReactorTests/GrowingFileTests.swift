import Foundation
import Testing

@testable import Reactor

@Suite("GrowingFile")
struct GrowingFileTests {
  private let scratch = ScratchFolder()

  @Test("bytes are put behind one another and over one another, and cut off")
  func writes() throws {
    let folder = try Folder(scratch.path)
    let file = try folder.make("a")
    try file.write(Array("hello, ".utf8), at: 0)
    try file.write(Array("world".utf8), at: 7)
    try file.write(Array("H".utf8), at: 0)
    try file.write([], at: 12)
    try file.synchronize()
    #expect(try text("a") == "Hello, world")
    try file.cut(to: 5)
    #expect(try text("a") == "Hello")
  }

  @Test("a full disk is told", .enabled(if: getuid() == 0, "/dev/full is made by root alone"))
  func full() throws {
    // A device whose every write fails as on a full disk, under a name of ours.
    let path = scratch.path + "/full"
    try #require(mknod(path, S_IFCHR | 0o666, makedev(1, 7)) == 0)
    let number = open(path, O_WRONLY)
    try #require(number >= 0)
    let file = GrowingFile(Descriptor(number))
    let error = #expect(throws: SystemError.self) { try file.write([1], at: 0) }
    #expect(error?.isNoSpace == true && error?.call == "pwrite")
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: scratch.path + "/" + name)), as: UTF8.self)
  }

  private func makedev(_ major: UInt, _ minor: UInt) -> dev_t { dev_t(major << 8 | minor) }
}
