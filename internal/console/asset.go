package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// encodings are the compressed forms that the build puts beside a file, the
// smallest first.
func encodings() []encoding { return []encoding{{"br", ".br"}, {"gzip", ".gz"}} }

// encoding is a content coding and the ending of its files.
type encoding struct{ coding, ending string }

// compressed reports whether name is the compressed form of another file.
func compressed(name string) bool {
	for _, e := range encodings() {
		if strings.HasSuffix(name, e.ending) {
			return true
		}
	}
	return false
}

// asset is a file with its forms.
type asset struct {
	name string
	body []byte
	// forms are the compressed bodies by their coding.
	forms map[string][]byte
	etag  string
}

func newAsset(name string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{name: name, body: body, forms: map[string][]byte{}, etag: hex.EncodeToString(sum[:12])}
}

func load(files fs.FS, name string) (asset, error) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return asset{}, fmt.Errorf("read %s: %w", name, err)
	}
	a := newAsset(name, body)
	for _, e := range encodings() {
		form, err := fs.ReadFile(files, name+e.ending)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return asset{}, fmt.Errorf("read %s%s: %w", name, e.ending, err)
		}
		a.forms[e.coding] = form
	}
	return a, nil
}

// form is the smallest body that the caller takes, and its coding.
func (a asset) form(accept string) (coding string, body []byte) {
	for _, e := range encodings() {
		if body, ok := a.forms[e.coding]; ok && accepts(accept, e.coding) {
			return e.coding, body
		}
	}
	return "", a.body
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
	if len(a.forms) > 0 {
		header.Set("Vary", "Accept-Encoding")
	}
	etag := a.etag
	coding, body := a.form(r.Header.Get("Accept-Encoding"))
	if coding != "" {
		header.Set("Content-Encoding", coding)
		etag += "-" + coding
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

// accepts reads an Accept-Encoding header as browsers send it.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		q := strings.ReplaceAll(params, " ", "")
		if strings.EqualFold(strings.TrimSpace(name), coding) && q != "q=0" && !strings.HasPrefix(q, "q=0.0") {
			return true
		}
	}
	return false
}
