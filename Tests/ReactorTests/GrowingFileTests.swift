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

  @Test("a full disk is told")
  func full() throws {
    let number = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
    try #require(number >= 0)
    let file = GrowingFile(Descriptor(number))
    let error = #expect(throws: SystemError.self) { try file.write([1], at: 0) }
    #expect(error?.isNoSpace == true && error?.call == "pwrite")
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: scratch.path + "/" + name)), as: UTF8.self)
  }
}
