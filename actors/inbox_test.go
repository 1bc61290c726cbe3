package actors

import (
	"testing"
)

func TestInbox_KeepsOrderAndGivesTheRightToRunOnce(t *testing.T) {
	var q inbox
	if !q.push(1) || q.push(2) || q.push(3) {
		t.Fatal("only the push into an idle inbox schedules")
	}
	n := 0
	for it := q.take(); it != nil; it = it.next {
		if n++; it.msg != n {
			t.Errorf("got %v, want %d", it.msg, n)
		}
	}
	if q.push(4) {
		t.Error("a push while the owner runs schedules it again")
	}
	if !q.release() {
		t.Error("release did not see the message")
	}
	if it := q.take(); it == nil || it.msg != 4 || it.next != nil {
		t.Error("the message is lost")
	}
	if q.release() {
		t.Error("release saw a message in an empty inbox")
	}
	if !q.push(5) {
		t.Error("an idle inbox does not schedule")
	}
}
