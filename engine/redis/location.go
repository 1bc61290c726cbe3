package redis

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

const defaultPort = "6379"

// location is what a URL says.
type location struct {
	tls       bool
	addresses []string // host:port
	username  string
	db        int
	master    string // "" without Sentinel
}

// parseURL reads a URL of Config. The standard parser knows no lists of hosts,
// so it gets the parts.
func parseURL(text string) (location, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	var loc location
	switch {
	case ok && scheme == "redis":
	case ok && scheme == "rediss":
		loc.tls = true
	default:
		return location{}, errors.New("the URL starts with redis:// or rediss://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, db, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(hosts, '@'); i >= 0 {
		user, _, secret := strings.Cut(hosts[:i], ":")
		if secret {
			return location{}, errors.New("the URL holds a password; put it into a file")
		}
		name, err := url.PathUnescape(user)
		if err != nil {
			return location{}, errors.New("the URL's user name is badly escaped")
		}
		loc.username, hosts = name, hosts[i+1:]
	}
	var err error
	if loc.addresses, err = parseHosts(hosts); err != nil {
		return location{}, err
	}
	if db != "" {
		if loc.db, err = strconv.Atoi(db); err != nil || loc.db < 0 {
			return location{}, fmt.Errorf("database %q is not a number", db)
		}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return location{}, errors.New("the URL's query is badly escaped")
	}
	for key := range values {
		if key != "master" {
			return location{}, fmt.Errorf("the URL has an unknown setting %q", key)
		}
	}
	loc.master = values.Get("master")
	return loc, nil
}

// parseHosts splits host[:port],.. and fills in ports.
func parseHosts(list string) ([]string, error) {
	var addresses []string
	for host := range strings.SplitSeq(list, ",") {
		name, port, err := net.SplitHostPort(host)
		if err != nil { // most likely without a port
			name, port, err = net.SplitHostPort(host + ":" + defaultPort)
		}
		if err != nil || name == "" {
			return nil, fmt.Errorf("host %q: want host or host:port", host)
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("host %q: want a port from 1 to 65535", host)
		}
		addresses = append(addresses, net.JoinHostPort(name, port))
	}
	return addresses, nil
}
