// Package leakscan searches files for a secret in every form in which
// programs write one: as it is, escaped for URLs and JSON, in hex, in base64
// at any alignment, in a Basic authorization header, and inside gzip.
package leakscan

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxUnpacked bounds what one gzip stream is unpacked to.
const maxUnpacked = 64 << 20

// Needle is one form of the secret.
type Needle struct {
	Form  string
	Bytes []byte
}

// Needles lists the forms of secret; before are strings that it may be
// joined to before it is encoded, such as what precedes it in a Basic
// header.
func Needles(secret string, before ...string) []Needle {
	once := escape(secret)
	forms := []Needle{
		{"raw", []byte(secret)},
		{"first half", []byte(secret[:len(secret)/2])},
		{"second half", []byte(secret[len(secret)/2:])},
		{"URL query", []byte(url.QueryEscape(secret))},
		{"URL path", []byte(url.PathEscape(secret))},
		{"JSON", []byte(once)},
		{"JSON in JSON", []byte(escape(once))},
		{"hex", []byte(hex.EncodeToString([]byte(secret)))},
		{"HEX", []byte(strings.ToUpper(hex.EncodeToString([]byte(secret))))},
	}
	for shift := range 3 {
		forms = append(forms, inBase64(fmt.Sprintf("base64 at %d", shift), strings.Repeat("\x00", shift), secret)...)
	}
	for _, b := range before {
		forms = append(forms, inBase64("Basic header", b, secret)...)
	}
	return distinct(forms)
}

// escape is s as it stands between the quotes of a JSON string.
func escape(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return s // never: a string always marshals
	}
	return string(quoted[1 : len(quoted)-1])
}

// inBase64 encodes secret behind prefix, in both alphabets, and keeps the
// characters that depend on the secret alone.
func inBase64(form, prefix, secret string) []Needle {
	from := (len(prefix)*8 + 5) / 6
	to := (len(prefix) + len(secret)) * 8 / 6
	raw := []byte(prefix + secret)
	return []Needle{
		{form, []byte(base64.RawStdEncoding.EncodeToString(raw)[from:to])},
		{form + ", URL alphabet", []byte(base64.RawURLEncoding.EncodeToString(raw)[from:to])},
	}
}

func distinct(needles []Needle) []Needle {
	var out []Needle
	for _, n := range needles {
		if !slices.ContainsFunc(out, func(o Needle) bool { return bytes.Equal(o.Bytes, n.Bytes) }) {
			out = append(out, n)
		}
	}
	return out
}

// Finding is a place where a form of the secret stands.
type Finding struct {
	Path, Form string
}

// Tree searches every regular file below dir but those in skip (paths as
// given by WalkDir). It returns what it found and how many bytes it read.
func Tree(dir string, needles []Needle, skip ...string) (found []Finding, read int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || slices.Contains(skip, path) {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // the caller's own folder
		if err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		read += int64(len(data))
		for _, form := range Bytes(data, needles) {
			found = append(found, Finding{Path: path, Form: form})
		}
		return nil
	})
	return found, read, err
}

// Bytes returns the forms that stand in data, or in a gzip stream within it.
func Bytes(data []byte, needles []Needle) []string {
	var forms []string
	for _, n := range needles {
		if bytes.Contains(data, n.Bytes) {
			forms = append(forms, n.Form)
		}
	}
	for rest := data; ; {
		i := bytes.Index(rest, []byte{0x1f, 0x8b, 0x08})
		if i < 0 {
			return forms
		}
		for _, form := range Bytes(gunzip(rest[i:]), needles) {
			forms = append(forms, form+" in gzip")
		}
		rest = rest[i+3:]
	}
}

// gunzip returns as much as can be unpacked: a cut stream still leaks.
func gunzip(data []byte) []byte {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	zr.Multistream(false)
	var out bytes.Buffer
	_, _ = io.Copy(&out, io.LimitReader(zr, maxUnpacked)) // what came out before an error is what counts
	return out.Bytes()
}
