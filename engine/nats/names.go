package nats

// names are the constant names on the server.
type names struct {
	stream    string // of the log
	events    string // subjects of records, the epoch is added
	transient string // subject of transient records
	keys      string // stream of the keys of transient records
	keySubj   string // its subject
	question  string // subject
	leaving   string // subject of the notices of members that leave
	leases    string // key value store
}

func namesOf(ns string) names {
	return names{
		stream:    "HUB_" + ns + "_0",
		events:    "h." + ns + ".e.0.",
		transient: "h." + ns + ".x",
		keys:      "HUB_" + ns + "_keys",
		keySubj:   "h." + ns + ".k",
		question:  "h." + ns + ".q",
		leaving:   "h." + ns + ".l",
		leases:    "hub_" + ns + "_hubs",
	}
}
