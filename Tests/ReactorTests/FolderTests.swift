import Foundation
import Glibc
import Testing

@testable import Reactor

/// Each test twice: as the kernel resolves paths, and as we do where it cannot.
@Suite("Folder")
struct FolderTests {
  private static let resolvers = Folder.Resolver.allCases
  private let scratch = ScratchFolder()

  private func open(_ resolver: Folder.Resolver) throws -> Folder {
    try Folder(scratch.path + "/media", resolver)
  }

  private func text(_ file: RegularFile) throws -> String {
    String(decoding: try file.read(100, at: 0), as: UTF8.self)
  }

  @Test(
    "opens files below it", arguments: resolvers,
    ["a.mjpeg", "sub/b.mjpeg", "sub/../a.mjpeg", "./a.mjpeg"])
  func opens(resolver: Folder.Resolver, path: String) throws {
    scratch.write("media/a.mjpeg", "inside")
    scratch.write("media/sub/b.mjpeg", "inside")
    #expect(try text(open(resolver).file(at: path)) == "inside")
  }

  @Test(
    "no path leads out of it",
    arguments: resolvers,
    [
      "../secret", "sub/../../secret", "/etc/passwd", "//etc/passwd", "..", "../media/a.mjpeg",
      "../../../../../../../../etc/passwd", "/",
    ])
  func stays(resolver: Folder.Resolver, path: String) throws {
    scratch.write("secret", "outside")
    scratch.write("media/a.mjpeg", "inside")
    scratch.write("media/sub/b.mjpeg", "inside")
    let error = #expect(throws: SystemError.self) { try open(resolver).file(at: path) }
    #expect(error?.isMissing == true)
  }

  @Test("a combining mark behind a slash takes nobody past it", arguments: resolvers)
  func marks(resolver: Folder.Resolver) throws {
    scratch.write("media/sub/b.mjpeg", "inside")
    // Foundation would not find the folders of these.
    scratch.write("", name: Array("\u{301}secret".utf8))
    scratch.write("media/sub/", name: Array("\u{301}b.mjpeg".utf8))
    scratch.write("media/", name: Array(".\u{301}hidden".utf8))
    scratch.link("media/up", to: "..")
    let folder = try open(resolver)
    #expect(try folder.file(at: "sub/\u{301}b.mjpeg").identity().size == 0)
    for path in ["../\u{301}secret", "up/\u{301}secret", "sub/../../\u{301}secret"] {
      let error = #expect(throws: SystemError.self) { try folder.file(at: path) }
      #expect(error?.isMissing == true, "\(path)")
    }
    let files = folder.listing(limit: 100, depth: 5).files
    #expect(Set(files) == ["sub/b.mjpeg", "sub/\u{301}b.mjpeg"])
  }

  @Test("links are followed inside and never lead out", arguments: resolvers)
  func links(resolver: Folder.Resolver) throws {
    scratch.write("secret", "outside")
    scratch.write("media/sub/b.mjpeg", "inside")
    scratch.link("media/in.mjpeg", to: "sub/b.mjpeg")
    scratch.link("media/folder", to: "sub")
    scratch.link("media/out.mjpeg", to: "../secret")
    scratch.link("media/up", to: "..")
    scratch.link("media/absolute", to: scratch.path + "/media/sub/b.mjpeg")
    scratch.link("media/loop", to: "loop")
    scratch.link("media/dangling", to: "nowhere")
    scratch.link("media/magic", to: "/proc/self/root/etc/passwd")
    let folder = try open(resolver)
    #expect(try text(folder.file(at: "in.mjpeg")) == "inside")
    #expect(try text(folder.file(at: "folder/b.mjpeg")) == "inside")
    for path in ["out.mjpeg", "up/secret", "absolute", "loop", "dangling", "magic"] {
      let error = #expect(throws: SystemError.self) { try folder.file(at: path) }
      #expect(error?.isMissing == true, "\(path)")
    }
    #expect(
      folder.listing(limit: 100, depth: 5).files == ["folder/b.mjpeg", "in.mjpeg", "sub/b.mjpeg"])
  }

  @Test("what is no regular file is missing, and opening it does not wait", arguments: resolvers)
  func irregular(resolver: Folder.Resolver) throws {
    scratch.write("media/sub/b.mjpeg", "inside")
    scratch.makeFIFO("media/fifo.mjpeg")
    scratch.makeSocket("media/socket.mjpeg")
    let folder = try open(resolver)
    for path in ["fifo.mjpeg", "socket.mjpeg", "sub", "sub/", ".", "", "sub/b.mjpeg/"] {
      let error = #expect(throws: SystemError.self) { try folder.file(at: path) }
      #expect(error?.isMissing == true, "\(path)")
    }
    #expect(folder.listing(limit: 100, depth: 5).files == ["sub/b.mjpeg"])
  }

  @Test("a device is missing, too", arguments: resolvers, ["null", "zero", "tty"])
  func device(resolver: Folder.Resolver, name: String) throws {
    let error = #expect(throws: SystemError.self) { try Folder("/dev", resolver).file(at: name) }
    #expect(error?.isMissing == true)
  }

  @Test(
    "a name with a NUL names no file", arguments: resolvers, ["a.mjpeg\0", "a.mjpeg\0.png", "\0"])
  func nul(resolver: Folder.Resolver, path: String) throws {
    scratch.write("media/a.mjpeg", "inside")
    let error = #expect(throws: SystemError.self) { try open(resolver).file(at: path) }
    #expect(error?.isMissing == true)
  }

  @Test("a name that is too long is missing", arguments: resolvers, [256, 5000])
  func long(resolver: Folder.Resolver, length: Int) throws {
    scratch.write("media/a.mjpeg", "inside")
    let path = String(repeating: "a", count: length)
    let error = #expect(throws: SystemError.self) { try open(resolver).file(at: path) }
    #expect(error?.isMissing == true)
  }

  @Test(
    "lists what has a name one can ask for: nothing hidden, nothing that is not UTF-8",
    arguments: resolvers)
  func listing(resolver: Folder.Resolver) throws {
    for path in ["b", "a", "Ärger 1.mjpeg", ".hidden", "sub/c", "sub/.hidden", ".git/config"] {
      scratch.write("media/" + path, "")
    }
    scratch.write("media/", name: [0xFF, 0xFE, 0x61])
    let folder = try open(resolver)
    #expect(folder.listing(limit: 100, depth: 5).files == ["a", "b", "sub/c", "Ärger 1.mjpeg"])
  }

  @Test("goes no deeper than it is told", arguments: resolvers, 0...5)
  func depth(resolver: Folder.Resolver, depth: Int) throws {
    let paths = ["1", "a/2", "a/b/3", "a/b/c/4"]
    for path in paths { scratch.write("media/" + path, "") }
    scratch.link("media/a/again", to: "..")
    let found = try open(resolver).listing(limit: 1000, depth: depth).files.filter {
      !$0.contains("again")
    }
    #expect(found == Array(paths.prefix(max(1, depth))))
  }

  @Test("lists no more than it is told, folders or not", arguments: resolvers, [0, 1, 7, 20, 100])
  func limit(resolver: Folder.Resolver, limit: Int) throws {
    for index in 0..<10 { scratch.write("media/\(index)", "") }
    for index in 0..<10 { scratch.write("media/sub/\(index)", "") }
    #expect(try open(resolver).listing(limit: limit, depth: 9).files.count == min(limit, 20))
  }

  @Test("a folder that is gone has no files and does not fail", arguments: resolvers)
  func gone(resolver: Folder.Resolver) throws {
    scratch.write("media/a", "")
    let folder = try open(resolver)
    scratch.remove("media")
    #expect(folder.listing(limit: 9, depth: 9).files == [])
  }

  @Test("a folder that is none is refused")
  func noFolder() {
    scratch.write("media", "")
    for path in ["media", "nowhere"] {
      let error = #expect(throws: SystemError.self) { try Folder(scratch.path + "/" + path) }
      #expect(error?.isMissing == true && error?.call == "open")
    }
  }

  // MARK: Writing

  @Test("a file is made once, below the folder, and nothing that is there is opened for it")
  func makes() throws {
    scratch.write("media/there", "old")
    scratch.write("secret", "outside")
    scratch.link("media/link", to: "../secret")
    scratch.link("media/dangling", to: "../new")
    let folder = try open(.kernel)
    for name in ["there", "link", "dangling"] {
      let error = #expect(throws: SystemError.self) { _ = try folder.make(name) }
      #expect(error?.isTaken == true, "\(name)")
    }
    for name in ["", ".", "..", "../new", "a/b", "/tmp/a", "a\u{0}b"] {
      #expect(throws: SystemError.self) { _ = try folder.make(name) }
      #expect(throws: SystemError.self) { try folder.remove(name) }
    }
    #expect(throws: SystemError.self) { _ = try folder.make(String(repeating: "x", count: 300)) }
    try folder.make("new.avi").write(Array("bytes".utf8), at: 0)
    #expect(try text(folder.file(at: "new.avi")) == "bytes")
    try folder.remove("new.avi")
    try folder.remove("link")
    #expect(throws: SystemError.self) { try folder.file(at: "new.avi") }
    #expect(FileManager.default.fileExists(atPath: scratch.path + "/secret"))
  }

  @Test("how much room there is, and whether anything may be written")
  func room() throws {
    scratch.write("media/a", "")
    let folder = try open(.kernel)
    #expect(try folder.freeBytes() > 0)
    try folder.checkWritable()
    // Not even root may.
    #expect(throws: SystemError.self) { try Folder("/proc/sys").checkWritable() }
  }
}

@Suite("Regular file")
struct RegularFileTests {
  private let scratch = ScratchFolder()

  @Test("reads what is asked for, and fewer bytes where the file ends")
  func read() throws {
    scratch.write("file", "0123456789")
    let file = try Folder(scratch.path).file(at: "file")
    #expect(try file.read(4, at: 3) == Array("3456".utf8))
    #expect(try file.read(4, at: 8) == Array("89".utf8))
    #expect(try file.read(4, at: 10) == [])
    #expect(try file.read(4, at: 1 << 40) == [])
    #expect(try file.read(0, at: 0) == [])
  }

  @Test("a place before the beginning is an error")
  func negative() throws {
    scratch.write("file", "0123456789")
    let file = try Folder(scratch.path).file(at: "file")
    #expect(throws: SystemError("pread", EINVAL)) { try file.read(1, at: -1) }
  }

  @Test("a file that shrinks while it is read gives fewer bytes")
  func shrinks() throws {
    scratch.write("file", String(repeating: "x", count: 100_000))
    let file = try Folder(scratch.path).file(at: "file")
    let size = try file.identity().size
    #expect(try file.read(size, at: 0).count == 100_000)
    scratch.truncate("file", to: 10)
    #expect(try file.read(size, at: 0).count == 10)
    #expect(try file.read(size, at: 50).isEmpty)
  }

  @Test("is the same as long as nobody touches it, through whichever name it is opened")
  func same() throws {
    scratch.write("file", "content")
    scratch.link("link", to: "file")
    let folder = try Folder(scratch.path)
    let identity = try folder.file(at: "file").identity()
    #expect(identity.size == 7)
    #expect(try folder.file(at: "file").identity() == identity)
    #expect(try folder.file(at: "link").identity() == identity)
  }

  @Test("is another when it grows, is written to, or is replaced")
  func changes() throws {
    scratch.write("file", "content")
    let folder = try Folder(scratch.path)
    let file = try folder.file(at: "file")
    // A time that no later write can fall on by accident.
    scratch.setModified("file", halves: 2_000_000)
    let first = try file.identity()
    scratch.setModified("file", halves: 2_000_001)
    let touched = try file.identity()
    #expect(touched != first && touched.size == first.size)
    scratch.truncate("file", to: 8)
    scratch.setModified("file", halves: 2_000_001)
    #expect(try file.identity() != touched)

    scratch.truncate("file", to: 7)
    scratch.setModified("file", halves: 2_000_000)
    #expect(try file.identity() == first)
    scratch.write("new", "content")
    scratch.setModified("new", halves: 2_000_000)
    scratch.rename("new", to: "file")
    #expect(try folder.file(at: "file").identity() != first)
    #expect(try file.identity() == first)
  }
}

/// A folder for one test that goes with it.
final class ScratchFolder {
  let path = FileManager.default.temporaryDirectory.path + "/streamd-" + UUID().uuidString
  private let files = FileManager.default

  init() { makeFolder(path) }
  deinit { try? files.removeItem(atPath: path) }

  func write(_ name: String, _ content: String) {
    makeParent(of: name)
    #expect(files.createFile(atPath: place(name), contents: Data(content.utf8)))
  }

  /// Writes an empty file whose name is any bytes at all.
  func write(_ folder: String, name: [UInt8]) {
    let bytes = (place(folder).utf8 + name + [0]).map(CChar.init(bitPattern:))
    let number = unsafe Glibc.open(bytes, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    #expect(number >= 0)
    close(number)
  }

  func link(_ name: String, to target: String) {
    makeParent(of: name)
    #expect(throws: Never.self) {
      try files.createSymbolicLink(atPath: place(name), withDestinationPath: target)
    }
  }

  func makeFIFO(_ name: String) { makeNode(name, S_IFIFO) }
  func makeSocket(_ name: String) { makeNode(name, S_IFSOCK) }

  func remove(_ name: String) {
    #expect(throws: Never.self) { try files.removeItem(atPath: place(name)) }
  }

  func rename(_ name: String, to target: String) {
    let result = unsafe Glibc.rename(place(name), place(target))
    #expect(result == 0)
  }

  func truncate(_ name: String, to size: Int) {
    let result = unsafe Glibc.truncate(place(name), size)
    #expect(result == 0)
  }

  /// Sets the time of the last change, in halves of a second.
  func setModified(_ name: String, halves: Int) {
    let time = timespec(tv_sec: halves / 2, tv_nsec: halves % 2 * 500_000_000)
    let result = unsafe utimensat(AT_FDCWD, place(name), [time, time], 0)
    #expect(result == 0)
  }

  private func place(_ name: String) -> String { path + "/" + name }

  private func makeNode(_ name: String, _ kind: mode_t) {
    let result = unsafe mknod(place(name), kind | 0o600, 0)
    #expect(result == 0)
  }

  private func makeParent(of name: String) {
    guard let slash = name.lastIndex(of: "/") else { return }
    makeFolder(place(String(name[..<slash])))
  }

  private func makeFolder(_ path: String) {
    #expect(throws: Never.self) {
      try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
  }
}
