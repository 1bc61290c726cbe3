package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"example.org/hub/sse"
)

// writeLine writes an event on one line for people: when it came, its type,
// data and id. Control characters are escaped, since the data is not ours and a
// terminal obeys it.
func writeLine(w io.Writer, ev *sse.Event, at time.Time) error {
	line := fmt.Sprintf("%s  %-14s %s", at.Format(time.TimeOnly), eventName(ev), ev.Data)
	if ev.ID != "" {
		line += "  " + ev.ID
	}
	_, err := fmt.Fprintln(w, printable(line))
	return err
}

// writeJSON writes an event as a JSON object on one line. Data that is JSON
// stands in it as it is, other data as a string.
func writeJSON(w io.Writer, ev *sse.Event, at time.Time) error {
	line := struct {
		ID    string    `json:"id,omitempty"`
		Event string    `json:"event"`
		Data  any       `json:"data"`
		Time  time.Time `json:"time"`
	}{ev.ID, eventName(ev), string(ev.Data), at}
	if json.Valid(ev.Data) {
		line.Data = json.RawMessage(ev.Data)
	}
	return json.NewEncoder(w).Encode(line)
}

func eventName(ev *sse.Event) string { return cmp.Or(ev.Name, "message") }

// printable escapes what a terminal would act on.
func printable(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) }
