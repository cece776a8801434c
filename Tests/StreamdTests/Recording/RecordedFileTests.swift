import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("RecordedFile")
struct RecordedFileTests {
  private func flush(_ writer: inout AVIWriter, _ pictures: ArraySlice<[UInt8]>) throws
    -> AVIWriter.Output
  {
    for picture in pictures { writer.append(picture) }
    let output = writer.flush()
    return try #require(output)
  }

  @Test("what a full disk refuses is cut off, and what was there before plays")
  func full() throws {
    let folder = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    var writer = AVIWriter(width: 640, height: 480, rate: .standard)
    let file = RecordedFile(in: try Folder(folder.path), source: "a", realtime: 0)
    let first = try flush(&writer, pictures[..<20])
    let second = try flush(&writer, pictures[20..<40])
    let written = try file.write(first, synchronizes: true, closes: false).get()
    #expect(written.name == "a-19700101-000000.avi" && written.freeBytes > 0)
    // A size that is wrong stands in for a disk that ends in the middle.
    var bad = second
    bad.offset = .max - 100
    let fault = file.write(bad, synchronizes: false, closes: false)
    guard case .failure(.failed(let reason)) = fault else {
      Issue.record("\(fault)")
      return
    }
    #expect(reason.contains("pwrite"))
    let read = try Recorded("\(folder.path)/\(written.name)")
    #expect(read.pictures == Array(pictures[..<20]))
    guard case .failure = file.write(second, synchronizes: false, closes: true) else {
      Issue.record("a file that is closed is written to")
      return
    }
  }

  @Test("a file of which nothing could be written is not left behind, and none is written over")
  func nothing() throws {
    let folder = try TemporaryFolder()
    try folder.write("a-19700101-000000.avi", [1])
    var writer = AVIWriter(width: 640, height: 480, rate: .standard)
    var output = try flush(&writer, try Repository.samplePictures()[..<2])
    output.offset = .max - 100
    let file = RecordedFile(in: try Folder(folder.path), source: "a", realtime: 0)
    guard case .failure = file.write(output, synchronizes: false, closes: false) else {
      Issue.record("it was written")
      return
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    #expect(try Data(contentsOf: folder.url.appending(path: "a-19700101-000000.avi")).count == 1)
  }
}
