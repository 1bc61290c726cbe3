// Package archtest holds the tests of the tree itself: who may import whom,
// what must not leave a package, how long a file may be and what no text may
// say. It has no code of its own.
package archtest
