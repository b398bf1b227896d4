package leakscan_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/psabridge/psabridge/internal/leakscan"
)

const secret = `k3y/with+odd<chars>&"more"=`

func zip(t *testing.T, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	if _, err := zw.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A canary planted in each form is found, wherever in the file it stands.
func TestEveryFormIsFound(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(map[string]string{"privateKey": secret})
	if err != nil {
		t.Fatal(err)
	}
	nested, err := json.Marshal(map[string]string{"secretString": string(quoted)})
	if err != nil {
		t.Fatal(err)
	}
	planted := map[string][]byte{
		"raw":          []byte("x" + secret + "y"),
		"query":        []byte("?k=" + url.QueryEscape(secret)),
		"path":         []byte("/" + url.PathEscape(secret)),
		"json":         quoted,
		"nested json":  nested,
		"hex":          []byte(hex.EncodeToString([]byte("a" + secret + "b"))),
		"base64 0":     []byte(base64.StdEncoding.EncodeToString([]byte(secret + "tail"))),
		"base64 1":     []byte(base64.StdEncoding.EncodeToString([]byte("p" + secret + "tail"))),
		"base64 2":     []byte(base64.URLEncoding.EncodeToString([]byte("pq" + secret + "t"))),
		"basic":        []byte("Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("acme+pub:"+secret))),
		"gzip":         append([]byte("noise"), zip(t, []byte("in here: "+secret))...),
		"gzip in gzip": zip(t, zip(t, []byte(secret))),
		"cut gzip":     zip(t, append([]byte(secret), bytes.Repeat([]byte("0123456789"), 5000)...))[:90],
		"split":        []byte(secret[:len(secret)/2] + "\x00page\x00" + secret[len(secret)/2:]),
	}
	needles := leakscan.Needles(secret, "acme+pub:")
	dir := t.TempDir()
	for name, data := range planted {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "innocent"), []byte("k3y with nothing else"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, read, err := leakscan.Tree(dir, needles, filepath.Join(dir, "raw"))
	if err != nil || read == 0 {
		t.Fatalf("read %d bytes, %v", read, err)
	}
	hit := map[string]bool{}
	for _, f := range found {
		hit[filepath.Base(f.Path)] = true
	}
	for name := range planted {
		if want := name != "raw"; hit[name] != want {
			t.Errorf("%s: found = %v, want %v", name, hit[name], want)
		}
	}
	if hit["innocent"] {
		t.Error("found where there is nothing")
	}
}
