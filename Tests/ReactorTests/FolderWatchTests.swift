import Foundation
import Glibc
import Testing

@testable import Reactor

@Suite("Folder watch")
struct FolderWatchTests {
  private let loop: EventLoop
  private let url: URL
  private let folder: Folder

  init() throws {
    loop = try EventLoop()
    url = FileManager.default.temporaryDirectory.appending(path: "watch-\(UUID())")
    try FileManager.default.createDirectory(
      at: url.appending(path: "sub"), withIntermediateDirectories: true)
    folder = try Folder(url.path)
  }

  private func remove() { try? FileManager.default.removeItem(at: url) }

  @Test("hears of what comes, changes and goes, in the folders that it watches")
  func changes() throws {
    defer { remove() }
    var changes = 0
    let watch = try FolderWatch(on: loop) { changes += 1 }
    defer { watch.close() }
    #expect(try watch.watch([".", "sub"], below: folder))
    #expect(try !watch.watch([".", "sub"], below: folder), "they are watched already")
    let steps: [() throws -> Void] = [
      { try Data([1]).write(to: url.appending(path: "a")) },
      { try Data([1]).write(to: url.appending(path: "sub/b")) },
      {
        try FileManager.default.moveItem(at: url.appending(path: "a"), to: url.appending(path: "c"))
      },
      { try FileManager.default.removeItem(at: url.appending(path: "sub/b")) },
      { try FileManager.default.removeItem(at: url.appending(path: "sub")) },
    ]
    for (number, step) in steps.enumerated() {
      let before = changes
      try step()
      try loop.turns { changes > before }
      #expect(changes > before, "step \(number)")
    }
  }

  @Test("knows which files are being written, from the first byte to the end")
  func writing() throws {
    defer { remove() }
    let watch = try FolderWatch(on: loop) {}
    defer { watch.close() }
    try watch.watch([".", "sub"], below: folder)
    for name in ["a", "sub/ü b"] {
      let path = url.appending(path: name)
      #expect(FileManager.default.createFile(atPath: path.path, contents: nil))
      let file = try FileHandle(forWritingTo: path)
      watch.drain()
      #expect(!watch.isBeingWritten(name))
      try file.write(contentsOf: [1])
      watch.drain()
      #expect(watch.isBeingWritten(name))
      try file.close()
      // A child that is just being started by another test may hold it for a moment.
      try loop.turns { !watch.isBeingWritten(name) }
    }
  }

  /// A file that somebody writes to, with a descriptor that no child of another test inherits: it
  /// would keep the file open for as long as it lives.
  private func open(_ name: String) throws -> Int32 {
    let path = url.appending(path: name).path
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    try #require(descriptor >= 0)
    #expect(unsafe Glibc.write(descriptor, "1", 1) == 1)
    return descriptor
  }

  @Test("a folder that is renamed while somebody writes in it takes that along")
  func renamedFolder() throws {
    defer { remove() }
    let watch = try FolderWatch(on: loop) {}
    defer { watch.close() }
    try watch.watch([".", "sub"], below: folder)
    let descriptor = try open("sub/x")
    watch.drain()
    #expect(watch.isBeingWritten("sub/x"))
    try FileManager.default.moveItem(
      at: url.appending(path: "sub"), to: url.appending(path: "other"))
    watch.drain()
    #expect(try watch.watch([".", "other"], below: folder))
    close(descriptor)
    watch.drain()
    #expect(!watch.isBeingWritten("sub/x") && !watch.isBeingWritten("other/x"))
    // What comes under the old name is heard of, too.
    try FileManager.default.createDirectory(
      at: url.appending(path: "sub"), withIntermediateDirectories: false)
    #expect(try watch.watch([".", "sub", "other"], below: folder))
    let again = try open("sub/x")
    watch.drain()
    #expect(watch.isBeingWritten("sub/x"))
    close(again)
  }

  @Test("a folder that two paths lead to is not news each time")
  func twoPaths() throws {
    defer { remove() }
    try FileManager.default.createSymbolicLink(
      atPath: url.appending(path: "latest").path, withDestinationPath: "sub")
    let watch = try FolderWatch(on: loop) {}
    defer { watch.close() }
    let paths = [".", "latest", "sub"]
    #expect(try watch.watch(paths, below: folder))
    for _ in 0..<3 { #expect(try !watch.watch(paths, below: folder)) }
  }

  @Test("a folder in the place of an empty one that somebody holds open is watched")
  func replacedFolder() throws {
    defer { remove() }
    try FileManager.default.createDirectory(
      at: url.appending(path: "new"), withIntermediateDirectories: false)
    let watch = try FolderWatch(on: loop) {}
    defer { watch.close() }
    try watch.watch([".", "sub", "new"], below: folder)
    let held = try Folder(url.appending(path: "sub").path)
    #expect(unsafe rename(url.appending(path: "new").path, url.appending(path: "sub").path) == 0)
    watch.drain()
    #expect(try watch.watch([".", "sub"], below: folder))
    let descriptor = try open("sub/x")
    watch.drain()
    #expect(watch.isBeingWritten("sub/x"))
    close(descriptor)
    withExtendedLifetime(held) {}
  }

  @Test("a file that is replaced while somebody writes to it is whole")
  func replacedFile() throws {
    defer { remove() }
    let watch = try FolderWatch(on: loop) {}
    defer { watch.close() }
    try watch.watch(["."], below: folder)
    let descriptor = try open("a")
    close(try open("b"))
    watch.drain()
    #expect(watch.isBeingWritten("a"))
    #expect(
      unsafe rename(url.appending(path: "b").path, url.appending(path: "a").path) == 0)
    #expect(unsafe Glibc.write(descriptor, "1", 1) == 1)
    watch.drain()
    #expect(!watch.isBeingWritten("a"))
    close(descriptor)
  }

  @Test("more events than one read holds are all taken")
  func many() throws {
    defer { remove() }
    var changes = 0
    let watch = try FolderWatch(on: loop) { changes += 1 }
    defer { watch.close() }
    try watch.watch(["."], below: folder)
    let names = (0..<1000).map { "a rather long name, so that few fit \($0)" }
    var files: [FileHandle] = []
    for name in names.prefix(100) {
      let path = url.appending(path: name)
      #expect(FileManager.default.createFile(atPath: path.path, contents: nil))
      files.append(try FileHandle(forWritingTo: path))
      try files.last?.write(contentsOf: [1])
    }
    for name in names.dropFirst(100) { close(try open(name)) }
    watch.drain()
    #expect(changes == 1)
    // A child that is just being started by another test may hold one of the others for a moment.
    try loop.turns { names.filter { watch.isBeingWritten($0) } == Array(names.prefix(100)) }
    watch.forget()
    #expect(names.allSatisfy { !watch.isBeingWritten($0) })
  }
}
