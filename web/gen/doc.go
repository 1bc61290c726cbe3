// Command gen writes the TypeScript types of the events that a hub itself
// sends, from the Go types that it encodes. A test fails when they differ from
// what is committed.
//
//	go run ./web/gen          # from anywhere in the module: write events.ts
//	go run ./web/gen -check   # exit 1 if it is stale
package main

//go:generate go run .
