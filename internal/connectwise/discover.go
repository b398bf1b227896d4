package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	companyInfoPath  = "login/companyinfo/"
	maxCompanyInfo   = 64 << 10
	maxCompanyID     = 100
	maxCodebase      = 40
	onPremise        = "v4_6_release/"
	apiPath          = "apis/3.0/"
	defaultTimeout   = 20 * time.Second
	defaultUserAgent = "psabridge"
)

// Base is a ConnectWise as discovery found it.
type Base struct {
	// Address is where people log in.
	Address Address
	// CompanyID is the login company, as typed.
	CompanyID string
	// API is the base of every call, with a trailing slash:
	// "https://api-na.myconnectwise.net/v2025_1/apis/3.0/".
	API string
	// Codebase is as companyinfo says, with a trailing slash: "v2025_1/".
	Codebase string
	// CompanyName and Version are for people; they may be empty.
	CompanyName, Version string
	Cloud                bool
}

// Identity is the tenant that the base belongs to.
func (b Base) Identity() psa.Identity {
	return psa.Identity{Site: b.Address.Site(), CompanyID: b.CompanyID}
}

// Discoverer finds API bases. Its zero values are usable; it is safe for
// concurrent use.
type Discoverer struct {
	// HTTP is from NewHTTPClient, which is also the default.
	HTTP      *http.Client
	UserAgent string
	Timeout   time.Duration
	Budget    Budget
	Now       func() time.Time
}

// Discover reads companyinfo, which needs no credentials. The API host comes
// from the address alone: whatever host the answer names is ignored. An
// unknown company is KindCompanyUnknown.
func (d Discoverer) Discover(ctx context.Context, address Address, companyID string) (Base, error) {
	op := http.MethodGet + " " + companyInfoPath
	if !validCompanyID(companyID) {
		return Base{}, &Error{Kind: KindCompanyUnknown, Op: op, detail: "not a company id"}
	}
	rq := call{
		method: http.MethodGet, path: companyInfoPath, limit: maxCompanyInfo,
		url:    address.String() + "/" + companyInfoPath + url.PathEscape(companyID),
		header: http.Header{"Accept": {"application/json"}, "User-Agent": {orDefault(d.UserAgent, defaultUserAgent)}},
	}
	a, err := repeat(ctx, d.caller(), rq)
	if err != nil {
		return Base{}, unknownCompany(err)
	}
	info, err := parseCompanyInfo(op, a.body)
	if err != nil {
		return Base{}, err
	}
	return info.base(address, companyID), nil
}

func (d Discoverer) caller() *caller {
	c := &caller{http: d.HTTP, budget: d.Budget, timeout: d.Timeout, now: d.Now}
	c.setDefaults()
	return c
}

// unknownCompany: companyinfo answers 404 for a company that it does not know.
func unknownCompany(err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Kind == KindNotFound || e.Kind == KindNoEndpoint) {
		e.Kind = KindCompanyUnknown
	}
	return err
}

// validCompanyID refuses what cannot be a login company: it stands in a URL
// path, and before a + and a colon in the credentials.
func validCompanyID(s string) bool {
	if s == "" || len(s) > maxCompanyID || strings.ContainsAny(s, `/\+:?#`) || strings.Trim(s, ".") == "" {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar })
}

type companyInfo struct {
	CompanyName   looseString `json:"CompanyName"`
	Codebase      looseString `json:"Codebase"`
	VersionCode   looseString `json:"VersionCode"`
	VersionNumber looseString `json:"VersionNumber"`
	IsCloud       looseBool   `json:"IsCloud"`
}

// looseBool takes true, "True" and the like; anything else is false.
type looseBool bool

func (b *looseBool) UnmarshalJSON(raw []byte) error {
	*b = looseBool(strings.EqualFold(strings.Trim(string(raw), `"`), "true"))
	return nil
}

// isCodebase accepts one path segment like "v2025_1": it becomes part of
// every URL.
func isCodebase(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	return len(s) > 1 && len(s) <= maxCodebase && s[0] == 'v' && strings.Trim(s, allowed) == "" && !strings.Contains(s, "..")
}

// parseCompanyInfo reads the answer; null stands for an unknown company.
func parseCompanyInfo(op string, body []byte) (companyInfo, error) {
	var info *companyInfo
	if json.Unmarshal(body, &info) != nil {
		return companyInfo{}, garbled(op, "companyinfo is not a JSON object")
	}
	if info == nil {
		return companyInfo{}, &Error{Kind: KindCompanyUnknown, Op: op, Status: http.StatusOK}
	}
	code := strings.Trim(string(info.Codebase), "/")
	if !isCodebase(code) {
		return companyInfo{}, garbled(op, "companyinfo names no usable codebase")
	}
	info.Codebase = looseString(code + "/")
	return *info, nil
}

func (i companyInfo) base(a Address, companyID string) Base {
	code := string(i.Codebase)
	return Base{
		Address: a, CompanyID: companyID, Codebase: code, Cloud: bool(i.IsCloud),
		API:         a.Scheme + "://" + apiHost(a.Host, code) + "/" + code + apiPath,
		CompanyName: oneLine(string(i.CompanyName)),
		Version:     oneLine(orDefault(string(i.VersionCode), string(i.VersionNumber))),
	}
}

// apiHost: every codebase but on-premise's is served by the api- host. An
// address without a name has no such host.
func apiHost(host, codebase string) string {
	u := url.URL{Host: host}
	name := u.Hostname()
	if codebase == onPremise || isLoopback(name) || !isHostname(name) {
		return host
	}
	return apiPrefix + host
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
