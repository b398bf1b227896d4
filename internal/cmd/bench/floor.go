package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// floor reads the same pages, n at a time, and throws them away: no sync can
// be faster. The two questions that a plan asks come first, as they must.
func (w *world) floor(ctx context.Context, path string, records, n int) (time.Duration, error) {
	client, err := w.bare(n)
	if err != nil {
		return 0, err
	}
	defer client.CloseIdleConnections()
	began := time.Now()
	if err := w.discard(ctx, client, path, url.Values{"orderBy": {"id desc"}, "pageSize": {"1"}}); err != nil {
		return 0, err
	}
	if err := w.discard(ctx, client, path+"/count", nil); err != nil {
		return 0, err
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range n {
		group.Go(func() error {
			for {
				after := int(next.Add(1)-1) * pageSize
				if after >= records {
					return nil
				}
				page := url.Values{"pageId": {strconv.Itoa(after)}, "pageSize": {strconv.Itoa(pageSize)}, "fields": {"id,_info"}}
				if err := w.discard(ctx, client, path, page); err != nil {
					return err
				}
			}
		})
	}
	err = group.Wait()
	return time.Since(began), err
}

// bare makes a client that does no more than it must.
func (w *world) bare(n int) (*http.Client, error) {
	roots := x509.NewCertPool()
	cert, err := x509.ParseCertificate(w.cw.Certificate())
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	roots.AddCert(cert)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: n, DisableCompression: true,
		ForceAttemptHTTP2: true,
	}}, nil
}

// discard reads an answer and throws it away.
func (w *world) discard(ctx context.Context, client *http.Client, path string, v url.Values) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/v4_6_release/apis/3.0"+path+"?"+v.Encode(), nil)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	req.SetBasicAuth("bench+bench", benchKey)
	req.Header.Set("Clientid", benchClient)
	if v.Get("pageId") != "" {
		req.Header.Set("Pagination-Type", "forward-only")
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is only read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the floor got %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
