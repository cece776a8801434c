/// Where one colour's blocks are among the coefficients of a picture.
struct BlockGrid: Equatable {
  /// Sampling factors, as in the frame header.
  var horizontal: Int
  var vertical: Int
  /// Blocks in a row and rows of blocks that the picture covers.
  var wide: Int
  var high: Int
  /// Blocks in a row that are stored: whole minimum coded units.
  var stride: Int
  /// Rows of blocks that are stored.
  var rows: Int
  /// Where the blocks begin among all values.
  var base: Int

  /// Where a block's 64 values begin.
  func offset(column: Int, row: Int) -> Int { base + (row * stride + column) * 64 }

  /// Where the values of all blocks are.
  var values: Range<Int> { base..<base + stride * rows * 64 }
}
