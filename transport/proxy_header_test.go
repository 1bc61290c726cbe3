package transport

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
)

// proxyV2 builds a header of version 2.
func proxyV2(command, family byte, rest string) string {
	head := append([]byte(proxySignature), command, family)
	return string(binary.BigEndian.AppendUint16(head, uint16(len(rest)))) + rest
}

const (
	v4Addresses = "\x01\x02\x03\x04\x0a\x00\x00\x01\x1f\x90\x00\x50" // 1.2.3.4:8080 to 10.0.0.1:80
	oneTLV      = "\x04\x00\x03abc"
)

var v6Addresses = "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x05" + strings.Repeat("\x00", 16) + "\x01\xbb\x00\x50"

func TestReadProxyHeader(t *testing.T) {
	for name, tt := range map[string]struct{ header, want string }{
		"v1 of IPv4":                       {"PROXY TCP4 1.2.3.4 10.0.0.1 8080 80\r\n", "1.2.3.4:8080"},
		"v1 of IPv6":                       {"PROXY TCP6 2001:db8::5 ::1 443 80\r\n", "[2001:db8::5]:443"},
		"v1 of IPv4 mapped":                {"PROXY TCP6 ::ffff:1.2.3.4 ::1 443 80\r\n", "1.2.3.4:443"},
		"v1 unknown":                       {"PROXY UNKNOWN\r\n", ""},
		"v1 unknown with anything":         {"PROXY UNKNOWN ffff:f...f:ffff x 1 2\r\n", ""},
		"v2 of IPv4":                       {proxyV2(0x21, 0x11, v4Addresses), "1.2.3.4:8080"},
		"v2 of IPv4 with TLVs":             {proxyV2(0x21, 0x11, v4Addresses+oneTLV), "1.2.3.4:8080"},
		"v2 of IPv6":                       {proxyV2(0x21, 0x21, v6Addresses), "[2001:db8::5]:443"},
		"v2 LOCAL":                         {proxyV2(0x20, 0x00, ""), ""},
		"v2 LOCAL, addresses do not count": {proxyV2(0x20, 0x11, v4Addresses), ""},
		"v2 unspecified":                   {proxyV2(0x21, 0x00, oneTLV), ""},
		"v2 of a Unix socket":              {proxyV2(0x21, 0x31, strings.Repeat("x", 216)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := strings.NewReader(tt.header + "GET /")
			got, err := readProxyHeader(iotest.OneByteReader(r)) // however it comes in pieces
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := netip.ParseAddrPort(tt.want); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "GET /" {
				t.Errorf("left %q", rest)
			}
		})
	}
}

func TestReadProxyHeader_Refusals(t *testing.T) {
	for name, header := range map[string]string{
		"none":                 "GET /livez HTTP/1.1\r\n\r\n",
		"v1 cut off":           "PROXY TCP4 1.2.3.4 10.0",
		"v1 without CR":        "PROXY TCP4 1.2.3.4 10.0.0.1 8080 80\n",
		"v1 too long":          "PROXY UNKNOWN " + strings.Repeat("x", 100) + "\r\n",
		"v1 too few fields":    "PROXY TCP4 1.2.3.4 10.0.0.1 8080\r\n",
		"v1 two spaces":        "PROXY TCP4  1.2.3.4 10.0.0.1 8080 80\r\n",
		"v1 other protocol":    "PROXY UDP4 1.2.3.4 10.0.0.1 8080 80\r\n",
		"v1 wrong family":      "PROXY TCP4 ::1 ::2 8080 80\r\n",
		"v1 port too large":    "PROXY TCP4 1.2.3.4 10.0.0.1 65536 80\r\n",
		"v1 port with sign":    "PROXY TCP4 1.2.3.4 10.0.0.1 +80 80\r\n",
		"v1 name":              "PROXY TCP4 localhost 10.0.0.1 80 80\r\n",
		"v1 zone":              "PROXY TCP6 fe80::1%eth0 ::1 80 80\r\n",
		"v1 bad destination":   "PROXY TCP4 1.2.3.4 x 80 80\r\n",
		"v2 cut off":           proxyV2(0x21, 0x11, v4Addresses)[:20],
		"v2 version 3":         proxyV2(0x31, 0x11, v4Addresses),
		"v2 unknown command":   proxyV2(0x22, 0x11, v4Addresses),
		"v2 datagrams":         proxyV2(0x21, 0x12, v4Addresses),
		"v2 unknown family":    proxyV2(0x21, 0x41, v4Addresses),
		"v2 short addresses":   proxyV2(0x21, 0x21, v4Addresses),
		"v2 more than allowed": proxyV2(0x21, 0x11, v4Addresses+strings.Repeat("x", maxProxyRest)),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := readProxyHeader(strings.NewReader(header)); !errors.Is(err, ErrProxyHeader) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if _, err := readProxyHeader(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("of nothing: %v", err)
	}
}

func FuzzReadProxyHeader(f *testing.F) {
	for _, seed := range []string{
		"PROXY TCP4 1.2.3.4 10.0.0.1 8080 80\r\n", "PROXY UNKNOWN\r\n", proxyV2(0x21, 0x11, v4Addresses+oneTLV),
		proxyV2(0x21, 0x21, v6Addresses), proxyV2(0x20, 0x00, ""),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := strings.NewReader(string(text))
		got, err := readProxyHeader(r)
		if taken := len(text) - r.Len(); taken > len(proxySignature)+4+maxProxyRest {
			t.Fatalf("%d bytes were read", taken)
		}
		if err != nil && got.IsValid() && got.Addr().Zone() != "" {
			t.Fatalf("%v with %v", got, err)
		}
		if err == nil && (got.Addr().Is4In6() || got.Addr().Zone() != "") {
			t.Fatalf("%q became %v", text, got)
		}
	})
}
