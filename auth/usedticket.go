package auth

// maxUsed is how many redeemed tickets are remembered.
const maxUsed = 8192

// usedTickets are the latest redeemed tickets, so that who comes with one again is
// refused at once and does not wait for it to arrive.
type usedTickets struct {
	known map[ticketHash]struct{}
	order []ticketHash // a ring when it is full
	next  int
}

func (u *usedTickets) add(hash ticketHash) {
	if _, ok := u.known[hash]; ok {
		return
	}
	u.known[hash] = struct{}{}
	if len(u.order) < maxUsed {
		u.order = append(u.order, hash)
		return
	}
	delete(u.known, u.order[u.next])
	u.order[u.next] = hash
	u.next = (u.next + 1) % maxUsed
}

func (u *usedTickets) has(hash ticketHash) bool {
	_, ok := u.known[hash]
	return ok
}
