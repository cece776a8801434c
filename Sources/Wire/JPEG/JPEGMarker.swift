/// The second byte of a JPEG marker (ITU-T T.81 table B.1); the first is always 0xFF.
enum JPEGMarker {
  static let prefix: UInt8 = 0xFF
  static let startOfImage: UInt8 = 0xD8
  static let endOfImage: UInt8 = 0xD9
  static let startOfScan: UInt8 = 0xDA
  static let quantizationTables: UInt8 = 0xDB
  static let huffmanTables: UInt8 = 0xC4
  static let arithmeticConditioning: UInt8 = 0xCC
  static let jpegExtension: UInt8 = 0xC8
  static let restartInterval: UInt8 = 0xDD
  static let baselineFrame: UInt8 = 0xC0
  static let extendedFrame: UInt8 = 0xC1
  static let progressiveFrame: UInt8 = 0xC2
  static let adobe: UInt8 = 0xEE
  static let temporary: UInt8 = 0x01

  /// RST0 to RST7, which stand inside entropy-coded data.
  static func isRestart(_ marker: UInt8) -> Bool { marker & 0xF8 == 0xD0 }

  /// Markers that no length and no parameters follow.
  static func standsAlone(_ marker: UInt8) -> Bool {
    isRestart(marker) || marker == temporary || marker == startOfImage || marker == endOfImage
  }

  /// SOF0 to SOF15, which share their numbers with DHT, JPG and DAC.
  static func isStartOfFrame(_ marker: UInt8) -> Bool {
    marker & 0xF0 == 0xC0 && marker != huffmanTables && marker != jpegExtension
      && marker != arithmeticConditioning
  }
}
