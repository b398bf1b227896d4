package connectwise

import (
	"net/http"
	"strings"
)

// hasNext reports whether a Link header announces a next page. The address in
// it is not looked at: ConnectWise names the host that people log in to, and
// credentials go nowhere that an answer says.
func hasNext(h http.Header) bool {
	for _, v := range h.Values("Link") {
		for v != "" {
			var link string
			link, v = cutOutside(v, ',')
			if isNext(link) {
				return true
			}
		}
	}
	return false
}

// isNext reads one link: <address>; rel="next".
func isNext(link string) bool {
	address, params := cutOutside(strings.TrimSpace(link), ';')
	if !strings.HasPrefix(address, "<") || !strings.HasSuffix(strings.TrimSpace(address), ">") {
		return false
	}
	for params != "" {
		var p string
		p, params = cutOutside(params, ';')
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}

// cutOutside splits at the first sep that stands neither in <address> nor in
// quotes.
func cutOutside(v string, sep byte) (before, after string) {
	inAddress, inQuotes := false, false
	for i := range len(v) {
		switch c := v[i]; {
		case c == '"' && !inAddress:
			inQuotes = !inQuotes
		case c == '<' && !inQuotes:
			inAddress = true
		case c == '>' && !inQuotes:
			inAddress = false
		case c == sep && !inAddress && !inQuotes:
			return v[:i], v[i+1:]
		}
	}
	return v, ""
}
