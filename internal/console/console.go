// Package console serves the web console: a single page application whose
// build output is embedded.
package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Config of the console.
type Config struct {
	// Issuer is where people sign in ("https://login.example.com/tenant"):
	// its origin is the only one beside ours that the page may connect to. ""
	// is none.
	Issuer string
}

// New serves the build output embedded in this binary.
func New(cfg Config) (http.Handler, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the console's files: %w", err)
	}
	return newHandler(cfg, files)
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
	return &handler{files: files, index: index, policy: policy(origin)}, nil
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

type handler struct {
	files  fs.FS
	index  asset
	policy string
}

// asset is a file with its forms.
type asset struct {
	name string
	body []byte
	// gzip is the compressed form that the build made beside it, nil if none.
	gzip []byte
	etag string
}

func load(files fs.FS, name string) (asset, error) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return asset{}, fmt.Errorf("read %s: %w", name, err)
	}
	a := asset{name: name, body: body}
	a.gzip, err = fs.ReadFile(files, name+".gz")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return asset{}, fmt.Errorf("read %s.gz: %w", name, err)
	}
	sum := sha256.Sum256(body)
	a.etag = hex.EncodeToString(sum[:12])
	return a, nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h.secure(w.Header())
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if a, err := load(h.files, name); err == nil && !strings.HasSuffix(name, ".gz") {
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

// serve sends an asset, compressed where the caller takes it. Files under
// assets/ have a hash in their name and never change.
func serve(w http.ResponseWriter, r *http.Request, a asset) {
	header := w.Header()
	header.Set("Content-Type", contentType(a.name))
	header.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(a.name, "assets/") {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, etag := a.body, a.etag
	if a.gzip != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			body, etag = a.gzip, a.etag+"-gzip"
		}
	}
	header.Set("ETag", `"`+etag+`"`)
	r.Header.Del("Range") // the gateway's answers are never in parts
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(body))
}

func contentType(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// acceptsGzip reads the header as browsers send it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		q := strings.ReplaceAll(params, " ", "")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && q != "q=0" && !strings.HasPrefix(q, "q=0.0") {
			return true
		}
	}
	return false
}

func (h *handler) secure(header http.Header) {
	header.Set("Content-Security-Policy", h.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
}

// policy lets scripts come from here only, and the page talk to us and the
// issuer. Styles may stand in the page: the components set them.
func policy(origin string) string {
	connect := strings.TrimSpace("'self' " + origin)
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:",
		"font-src 'self'", "connect-src " + connect, "manifest-src 'self'", "base-uri 'none'", "form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}
