// Package splice makes gzip streams out of blocks that many streams share.
//
// A gzip stream (RFC 1952) is a header, deflate blocks (RFC 1951) and a trailer.
// A Block here is the deflate blocks of one frame: it refers to nothing before
// it, begins and ends at a byte, and ends with an empty stored block, behind
// which decoders hand out all that they have. So it is made once and goes into
// any stream, in any order, and what a stream itself needs is the Sum of what it
// was sent: eight bytes, and no compressor.
package splice
