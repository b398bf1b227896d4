// Package console serves the web console: a single page application whose
// build output is embedded.
package console

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Config of the console.
type Config struct {
	// Product is the product's name as people see it.
	Product string
	// Issuer is where people sign in ("https://login.example.com/tenant"):
	// its origin is the only one beside ours that the page may connect to. ""
	// is none.
	Issuer string
	// ClientID is the console's at the issuer: a public client.
	ClientID string
	// Audience is what the access tokens are for.
	Audience string
}

// New serves the build output embedded in this binary.
func New(cfg Config) (http.Handler, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the console's files: %w", err)
	}
	return newHandler(cfg, built(files))
}

// built is the folder of the build, or the placeholder where there was none.
func built(files fs.FS) fs.FS {
	if _, err := fs.Stat(files, "app/index.html"); err != nil {
		return files
	}
	if app, err := fs.Sub(files, "app"); err == nil {
		return app
	}
	return files
}

// newHandler serves files, and index.html for every address that names no
// file: the application knows its own pages.
func newHandler(cfg Config, files fs.FS) (http.Handler, error) {
	index, err := load(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("load the console: %w", err)
	}
	origin, err := originOf(cfg.Issuer)
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(cfg)
	if err != nil {
		return nil, err
	}
	return &handler{files: files, index: index, settings: settings, policy: policy(origin)}, nil
}

// settingsOf is what the page must know before anybody signs in.
func settingsOf(cfg Config) (asset, error) {
	body, err := json.Marshal(map[string]string{
		"product": cfg.Product, "issuer": cfg.Issuer, "clientId": cfg.ClientID, "audience": cfg.Audience,
	})
	if err != nil {
		return asset{}, fmt.Errorf("encode the console's settings: %w", err)
	}
	return newAsset(settingsName, body), nil
}

func originOf(issuer string) (string, error) {
	if issuer == "" {
		return "", nil
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(u.Host, " ;,'\"") {
		return "", errors.New("the issuer is not an address")
	}
	return u.Scheme + "://" + u.Host, nil
}

// settingsName is the address of the settings.
const settingsName = "config.json"

type handler struct {
	files           fs.FS
	index, settings asset
	policy          string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h.secure(w.Header())
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == settingsName {
		serve(w, r, h.settings)
		return
	}
	if a, err := load(h.files, name); err == nil && !compressed(name) {
		serve(w, r, a)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		// An old page asks for a file of its build: HTML would not help it.
		http.NotFound(w, r)
		return
	}
	serve(w, r, h.index)
}

func (h *handler) secure(header http.Header) {
	header.Set("Content-Security-Policy", h.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
}

// policy lets scripts and styles come from here only, and the page talk to us
// and the issuer.
func policy(origin string) string {
	connect := strings.TrimSpace("'self' " + origin)
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
		"font-src 'self'", "connect-src " + connect, "manifest-src 'self'", "base-uri 'none'", "form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}
