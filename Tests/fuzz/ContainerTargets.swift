@testable import Wire

enum ContainerTargets {
  /// Files of any kind: entries lie within them, each is a picture that RTP can carry unless it is
  /// counted as damaged, the survey's verdict is the index's, and the scanner's through a window is
  /// the same.
  static func file(_ input: [UInt8]) {
    let survey = MotionJPEGSurvey(input.span)
    _ = (ContainerKind.isLikelyVideo(input.span), StandalonePicture.bytes(of: input))
    do throws(JPEGError) {
      let index = try MotionJPEGIndex(input.span)
      require(survey.fault == nil, "the survey finds \(survey.fault as Any), the index nothing")
      require(!index.isHopeless && index.width > 0 && index.height > 0, "\(index)")
      require(survey.damaged == index.damaged, "\(survey.damaged) and \(index.damaged)")
      require(try scan(input) == index, "another index through a window")
      for entry in index.entries.prefix(64) {
        let isInside = entry.offset >= 0 && entry.length > 0
        require(isInside && entry.offset + entry.length <= input.count, "\(entry)")
        let picture = Array(input[entry.offset..<entry.offset + entry.length])
        let isDamaged = (try? JPEGVerdict(picture.span, at: 0)) == nil
        require(!isDamaged || index.damaged > 0, "\(entry) is no picture")
        let whole = StandalonePicture.bytes(of: picture)
        require(whole.count <= picture.count + StandalonePicture.addedBytesMax, "\(entry) grew")
      }
    } catch {
      require(survey.fault == error, "\(survey.fault as Any) in the survey, \(error) in the index")
      require((0...input.count).contains(error.offset), "\(error)")
      require((try? scan(input)) == nil, "only the whole file is refused")
    }
  }

  /// What somebody sends in a body: pictures are the same however it is cut, none is larger than
  /// permitted, and each begins as one.
  static func body(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input) else { return }
    for declared in [PictureSplitter.Form.multipart, .concatenated, nil] {
      let (items, fault) = split([whole], declared)
      let (again, otherFault) = split(pieces, declared)
      require(items == again, "\(items) at once, \(again) in pieces")
      require(fault == otherFault, "\(fault as Any) at once, \(otherFault as Any) in pieces")
      for case .picture(let picture) in items {
        require(
          picture.count <= pictureBytesMax && picture.starts(with: [0xFF, 0xD8]), "\(picture)")
      }
    }
  }

  private static let pictureBytesMax = 1000

  private static func split(
    _ pieces: [[UInt8]], _ declared: PictureSplitter.Form?
  ) -> ([PictureSplitter.Item], PictureSplitter.Fault?) {
    var splitter = PictureSplitter(declared: declared, pictureBytesMax: pictureBytesMax)
    var items: [PictureSplitter.Item] = []
    do throws(PictureSplitter.Fault) {
      for piece in pieces {
        splitter.feed(piece.span)
        while let item = try splitter.next() { items.append(item) }
      }
      if let item = splitter.finish() { items.append(item) }
    } catch {
      return (items, error)
    }
    return (items, nil)
  }

  private static func scan(_ input: [UInt8]) throws(JPEGError) -> MotionJPEGIndex {
    var scanner = MotionJPEGScanner(size: input.count, named: "INPUT", windowBytes: 2048)
    while let wanted = scanner.wanted {
      let window = Array(input[wanted])
      try scanner.take(window.span)
    }
    return scanner.index
  }
}
