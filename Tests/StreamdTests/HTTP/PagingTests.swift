import Foundation
import Testing

/// A cursor is a place in the order, not an item: what leaves between two pages takes nothing along
/// and brings nothing back.
@Suite("Pages of lists that change")
struct PagingTests {
  /// A page's identifiers, and its cursor.
  private func page(
    _ client: HTTPClient, _ list: String, _ key: String, limit: Int, after: String?
  ) throws -> (names: [String], next: String?) {
    let cursor = after.map { "&after=\($0)" } ?? ""
    let reply = try client.request("GET", "/api/v1/\(list)?limit=\(limit)\(cursor)")
    #expect(reply.status == 200, "\(reply.text)")
    let items = try #require(reply.json["items"] as? [[String: Any]])
    return (items.compactMap { $0[key] as? String }, reply.json["next"] as? String)
  }

  @Test("clients that leave between pages, the cursor's own too, hide nobody and repeat nobody")
  func clients() throws {
    let daemon = try DaemonProcess()
    let control = try HTTPClient(daemon)
    // More than nine, so that numbers are not sorted as text is.
    var players: [RTSPClient] = []
    for _ in 0..<12 {
      let player = try RTSPClient(port: daemon.port)
      _ = try player.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
      players.append(player)
    }
    let all = try page(control, "clients", "id", limit: 500, after: nil).names
    #expect(all.count == 12)
    let first = try page(control, "clients", "id", limit: 5, after: nil)
    #expect(first.names == Array(all[..<5]) && first.next == all[4])
    // The last one of the page, one before it, and one of the next page.
    for index in [4, 2, 6] {
      #expect(try control.request("DELETE", "/api/v1/clients/\(all[index])").status == 204)
    }
    let second = try page(control, "clients", "id", limit: 5, after: first.next)
    #expect(second.names == [all[5], all[7], all[8], all[9], all[10]])
    // A new one stands at the end, whatever its number's first digit is.
    let late = try RTSPClient(port: daemon.port)
    _ = try late.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    #expect(try control.request("DELETE", "/api/v1/clients/\(all[10])").status == 204)
    let third = try page(control, "clients", "id", limit: 5, after: second.next)
    #expect(third.names.count == 2 && third.names.first == all[11] && third.next == nil)
    #expect(Set(all).isDisjoint(with: third.names.suffix(1)))
    withExtendedLifetime((players, late)) {}
  }

  @Test("a page may end between two sessions of one connection, and begin with publishers")
  func sessionsOfOneClient() throws {
    let daemon = try DaemonProcess()
    let control = try HTTPClient(daemon)
    let player = try RTSPClient(port: daemon.port)
    for _ in 0..<3 {
      _ = try player.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    }
    let publishers = try ["a", "b"].map { name in
      let publisher = try HTTPClient(daemon)
      try publisher.send("PUT", "/live/\(name)", ["Content-Length: 1000000"])
      return publisher
    }
    #expect(
      try eventually { try page(control, "clients", "id", limit: 9, after: nil).names.count == 5 })
    let expected = ["0-1", "0-2", "1-1", "1-2", "1-3"]
    for limit in 1...5 {
      var names: [String] = []
      var cursor: String?
      repeat {
        let part = try page(control, "clients", "id", limit: limit, after: cursor)
        #expect(part.names.count == limit || part.next == nil)
        (names, cursor) = (names + part.names, part.next)
      } while cursor != nil
      #expect(names == expected)
    }
    #expect(try HTTPClient(daemon).request("DELETE", "/api/v1/clients/1-4").status == 404)
    #expect(try HTTPClient(daemon).request("DELETE", "/api/v1/clients/0-2").status == 204)
    #expect(
      try eventually { try page(control, "clients", "id", limit: 9, after: nil).names.count == 4 })
    #expect(try HTTPClient(daemon).request("DELETE", "/api/v1/clients/1-2").status == 204)
    #expect(
      try eventually { try page(control, "clients", "id", limit: 9, after: nil).names == ["0-1"] })
    withExtendedLifetime((player, publishers)) {}
  }

  @Test(
    "a cursor that is none of the list's is refused", arguments: ["x", "1", "1-2-3", "-1", "1-x"])
  func badCursor(_ cursor: String) throws {
    let daemon = try DaemonProcess(start: false)
    let reply = try HTTPClient(daemon).request("GET", "/api/v1/clients?after=\(cursor)")
    #expect(reply.status == 400 && reply.code == "bad_cursor", "\(reply.text)")
    #expect((reply.json["hint"] as? String)?.contains("next") == true)
  }

  @Test("sessions that end between pages, the cursor's own too, hide none and repeat none")
  func sessions() throws {
    let daemon = try DaemonProcess()
    let control = try HTTPClient(daemon)
    for _ in 0..<7 {
      #expect(try control.request("POST", "/api/v1/sessions").status == 201)
    }
    let all = try page(control, "sessions", "session_id", limit: 500, after: nil).names
    #expect(all.count == 7)
    let first = try page(control, "sessions", "session_id", limit: 3, after: nil)
    #expect(first.names == Array(all[..<3]))
    for index in [2, 0, 3] {
      #expect(try control.request("DELETE", "/api/v1/sessions/\(all[index])").status == 204)
    }
    let second = try page(control, "sessions", "session_id", limit: 3, after: first.next)
    #expect(second.names == Array(all[4...]) && second.next == nil)
  }

  @Test("a file that goes between pages, the cursor's own, hides none and repeats none")
  func videos() throws {
    let folder = try TemporaryFolder()
    let picture = try Repository.samplePictures()[0]
    for name in ["a", "b b", "c", "d", "é"] { try folder.write("\(name).mjpeg", picture) }
    let daemon = try DaemonProcess(media: folder.path, start: false)
    let control = try HTTPClient(daemon)
    let first = try page(control, "videos", "name", limit: 2, after: nil)
    #expect(first.names == ["a.mjpeg", "b b.mjpeg"] && first.next == "b b.mjpeg")
    try FileManager.default.removeItem(at: folder.url.appending(path: "b b.mjpeg"))
    let second = try page(control, "videos", "name", limit: 2, after: "b%20b.mjpeg")
    #expect(second.names == ["c.mjpeg", "d.mjpeg"])
    let third = try page(control, "videos", "name", limit: 2, after: second.next)
    #expect(third.names == ["é.mjpeg"] && third.next == nil)
  }
}
