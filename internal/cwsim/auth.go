package cwsim

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// authenticate finds the API member of a request.
func (s *Simulator) authenticate(r *http.Request, sw *Switches, open bool) (Member, *apiError) {
	if !open && !s.knownClient(r.Header.Get("clientId")) {
		status := sw.ClientIDStatus
		if status == 0 {
			status = http.StatusBadRequest
		}
		return Member{}, refuse(status, "ConnectWiseApi", "The clientId header is missing or invalid.")
	}
	if m, ok := s.memberOf(r.Header.Get("Authorization")); ok || open {
		return m, nil
	}
	return Member{}, refuse(http.StatusUnauthorized, "Unauthorized", "The company, public key or private key is not valid.")
}

func (s *Simulator) memberOf(header string) (Member, bool) {
	encoded, ok := strings.CutPrefix(header, "Basic ")
	if !ok {
		return Member{}, false
	}
	plain, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return Member{}, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, m := range s.members {
		if string(plain) == s.cfg.CompanyID+"+"+m.PublicKey+":"+m.PrivateKey {
			return m, true
		}
	}
	return Member{}, false
}

func (s *Simulator) knownClient(id string) bool {
	if len(s.cfg.ClientIDs) > 0 {
		return slices.ContainsFunc(s.cfg.ClientIDs, func(known string) bool { return strings.EqualFold(known, id) })
	}
	return isGUID(id)
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// checkVersion refuses a version of the API in the Accept header that does not exist.
func checkVersion(h http.Header) *apiError {
	for part := range strings.SplitSeq(h.Get("Accept"), ",") {
		media, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if media != "application/vnd.connectwise.com+json" {
			continue
		}
		version, ok := strings.CutPrefix(strings.TrimSpace(params), "version=")
		if ok && !validVersion(version) {
			return refuse(http.StatusBadRequest, "ConnectWiseApi", "The version %s is not supported.", version)
		}
	}
	return nil
}

// validVersion accepts releases such as 2025.1, and 3.0.0, the version before they were named after years.
func validVersion(version string) bool {
	if version == "3.0.0" || version == "3.0" {
		return true
	}
	year, release, ok := strings.Cut(version, ".")
	y, err := strconv.Atoi(year)
	n, err2 := strconv.Atoi(release)
	return ok && err == nil && err2 == nil && y >= 2019 && y <= 2026 && n >= 1 && n <= 16
}

// throttled is the answer beyond the rate limit. Its body spells the code with the key error.
func throttled(wait time.Duration, html bool) response {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	if html {
		page := htmlResponse(http.StatusTooManyRequests, "Error 1015: You are being rate limited")
		return page.with("Retry-After", seconds).with("Server", "cloudflare")
	}
	return jsonValue(http.StatusTooManyRequests, map[string]string{
		"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in " + seconds + " seconds.",
	}).with("Retry-After", seconds)
}
