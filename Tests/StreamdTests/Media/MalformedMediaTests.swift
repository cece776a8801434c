import Foundation
import Testing

/// The file is as much a stranger's as a request is: one of each kind that has broken a reader of
/// pictures stands in the folder, under the name of what is wrong with it.
@Suite("Malformed media")
struct MalformedMediaTests {
  /// A file, and whether it plays: as it is, or with what is missing put in.
  private struct Case {
    var name: String
    var bytes: [UInt8]
    var plays: Bool
    /// Only its data are wrong, which shows when it is played: then it is left out.
    var isBroken = false
  }

  private let picture: [UInt8]

  init() throws { picture = try Repository.samplePictures()[0] }

  /// Where a marker's segment begins.
  private func offset(of marker: UInt8) throws -> Int {
    try #require(
      picture.indices.dropLast().first { picture[$0] == 0xFF && picture[$0 + 1] == marker })
  }

  /// The picture with something else from `offset` on.
  private func changed(_ marker: UInt8, _ offset: Int, _ bytes: [UInt8]) throws -> [UInt8] {
    var copy = picture
    let start = try self.offset(of: marker) + offset
    copy.replaceSubrange(start..<start + bytes.count, with: bytes)
    return copy
  }

  /// The picture with a segment before its first table.
  private func with(_ segment: [UInt8]) -> [UInt8] {
    Array(picture[..<2]) + segment + picture[2...]
  }

  private func without(_ marker: UInt8) throws -> [UInt8] {
    var copy = picture
    while let start = copy.indices.dropLast().first(where: {
      copy[$0] == 0xFF && copy[$0 + 1] == marker
    }) {
      copy.removeSubrange(start..<start + 2 + Int(copy[start + 2]) * 256 + Int(copy[start + 3]))
    }
    return copy
  }

  private func digits(_ number: Int) -> [UInt8] {
    Array(String(repeating: "0", count: 5 - String(number).count).utf8) + Array(String(number).utf8)
  }

  private func cases() throws -> [Case] {
    let (sof, dqt, sos): (UInt8, UInt8, UInt8) = (0xC0, 0xDB, 0xDA)
    let table: [UInt8] = [0xFF, dqt, 0, 67]
    let ones = [UInt8](repeating: 1, count: 64)
    let framed = digits(picture.count) + picture
    let scan = try offset(of: sos)
    return [
      Case(name: "good", bytes: framed + framed, plays: true),
      Case(name: "length_of_letters", bytes: Array("abcde".utf8) + picture, plays: false),
      Case(name: "length_of_zero", bytes: Array("00000".utf8) + picture, plays: false),
      Case(name: "length_beyond_the_file", bytes: Array("99999".utf8) + picture, plays: false),
      Case(name: "tail_cut_off", bytes: framed + framed.dropLast(100), plays: true),
      Case(name: "soi_missing", bytes: digits(picture.count - 2) + picture[2...], plays: false),
      Case(name: "eoi_missing", bytes: Array(picture.dropLast(2)), plays: true),
      Case(name: "nothing_but_soi", bytes: [0xFF, 0xD8], plays: false),
      Case(name: "dqt_of_length_0", bytes: try changed(dqt, 2, [0, 0]), plays: false),
      Case(name: "dqt_of_length_65535", bytes: try changed(dqt, 2, [0xFF, 0xFF]), plays: false),
      Case(name: "dqt_of_16_bits", bytes: try changed(dqt, 4, [0x10]), plays: false),
      Case(name: "dqt_missing", bytes: try without(dqt), plays: false),
      Case(name: "dqt_three", bytes: with(table + [2] + ones), plays: true),
      Case(name: "dqt_four", bytes: with(table + [2] + ones + table + [3] + ones), plays: true),
      Case(name: "dqt_number_15", bytes: with(table + [15] + ones), plays: false),
      Case(
        name: "sof2_without_its_scans", bytes: try changed(sof, 1, [0xC2]), plays: true,
        isBroken: true),
      Case(name: "sof_height_0", bytes: try changed(sof, 5, [0, 0]), plays: false),
      Case(name: "sof_width_0", bytes: try changed(sof, 7, [0, 0]), plays: false),
      Case(name: "sof_missing", bytes: try without(sof), plays: false),
      Case(
        name: "sof_twice", bytes: with(Array(picture[try offset(of: sof)..<scan])), plays: false),
      Case(name: "sampling_0", bytes: try changed(sof, 11, [0]), plays: false),
      Case(name: "sampling_of_15", bytes: try changed(sof, 11, [0xFF]), plays: false),
      Case(name: "components_255", bytes: try changed(sof, 9, [255]), plays: false),
      Case(name: "dht_missing", bytes: try without(0xC4), plays: true),
      Case(name: "dht_of_impossible_codes", bytes: try changed(0xC4, 5, [255, 255]), plays: false),
      Case(name: "dri_0", bytes: with([0xFF, 0xDD, 0, 4, 0, 0]), plays: true),
      Case(name: "dri_65535", bytes: with([0xFF, 0xDD, 0, 4, 0xFF, 0xFF]), plays: true),
      Case(name: "dri_of_another_length", bytes: with([0xFF, 0xDD, 0, 3, 1]), plays: false),
      Case(
        name: "fill_bytes", bytes: with([UInt8](repeating: 0xFF, count: 10_000)), plays: true),
      Case(
        name: "app_of_64_kb",
        bytes: with([0xFF, 0xE1, 0xFF, 0xFF] + [UInt8](repeating: 7, count: 65_533)), plays: true),
      Case(
        name: "app_of_pictures",
        bytes: with(
          [0xFF, 0xE1, UInt8((picture.count + 2) >> 8), UInt8((picture.count + 2) & 255)]
            + picture), plays: true),
      Case(name: "sos_missing", bytes: Array(picture[..<scan]), plays: false),
      Case(name: "sos_of_length_0", bytes: try changed(sos, 2, [0, 0]), plays: false),
      Case(
        name: "scan_of_markers", bytes: Array(picture[..<(scan + 14)]) + [0xFF, 0xD0, 0xFF, 0xD9],
        plays: true),
    ]
  }

  @Test("each plays or is refused with its reason, and a viewer beside them loses nothing")
  func each() throws {
    let cases = try cases()
    let folder = try TemporaryFolder()
    let movie = Repository.root.appending(path: "video/movie.Mjpeg")
    try FileManager.default.copyItem(at: movie, to: folder.url.appending(path: "movie.Mjpeg"))
    for item in cases { try folder.write(item.name + ".mjpeg", item.bytes) }
    let daemon = try DaemonProcess(media: folder.path)
    let viewer = try SteadyViewer(daemon)
    let web = try HTTPClient(daemon)
    let items = try web.request("GET", "/api/v1/videos?limit=500").json["items"] as? [[String: Any]]
    let listed = Dictionary(
      uniqueKeysWithValues: (items ?? []).map { ($0["name"] as? String ?? "", $0) })
    for item in cases {
      let name = item.name + ".mjpeg"
      let video = try #require(listed[name], "\(name) is not listed")
      #expect(video["playable"] as? Bool == item.plays, "\(video)")
      let client = try RTSPClient(port: daemon.port)
      let described = try client.request("DESCRIBE", daemon.url(name))
      #expect(described.status == (item.plays ? 200 : 415), "\(name): \(described.head)")
      if item.plays {
        try play(daemon, client, name, isBroken: item.isBroken)
      } else {
        #expect((video["reason"] as? String ?? "").contains("at byte "), "\(video)")
      }
      if item.isBroken { continue }
      let snapshot = try web.request("GET", "/video/\(name)/snapshot.jpg")
      #expect((snapshot.status == 200) == item.plays, "\(name): \(snapshot.head)")
      try viewer.watch(frames: 1)
    }
    #expect(daemon.isRunning)
  }

  /// A frame comes, whatever is in it.
  private func play(
    _ daemon: DaemonProcess, _ client: RTSPClient, _ name: String, isBroken: Bool
  ) throws {
    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    let setup = try client.request("SETUP", daemon.url(name), [transport])
    #expect(setup.status == 200, "\(name): \(setup.head)")
    let session = ["Session: \(setup.session)"]
    #expect(try client.request("PLAY", daemon.url(name), session).status == 200, "\(name)")
    // The first report comes before the first frame.
    do {
      while !isBroken, try client.readPacket().channel != 0 {}
    } catch {
      Issue.record("\(name): no frame comes")
      return
    }
    #expect(try client.request("TEARDOWN", daemon.url(name), session).status == 200, "\(name)")
  }
}
