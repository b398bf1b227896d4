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
	"sync"
	"sync/atomic"
	"time"
)

// floor reads the same pages, n at a time, and throws them away: no sync can
// be faster. The two questions that a plan asks come first, as they must.
func (w *world) floor(ctx context.Context, path string, records, n int) (time.Duration, error) {
	roots := x509.NewCertPool()
	cert, err := x509.ParseCertificate(w.cw.Certificate())
	if err != nil {
		return 0, err
	}
	roots.AddCert(cert)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: n, DisableCompression: true,
		ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	get := func(path string, v url.Values, forward bool) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/v4_6_release/apis/3.0"+path+"?"+v.Encode(), nil)
		if err != nil {
			return err
		}
		req.SetBasicAuth("bench+bench", benchKey)
		req.Header.Set("Clientid", benchClient)
		if forward {
			req.Header.Set("Pagination-Type", "forward-only")
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // it is only read
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the floor got %s", resp.Status)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	began := time.Now()
	if err := get(path, url.Values{"orderBy": {"id desc"}, "pageSize": {"1"}}, false); err != nil {
		return 0, err
	}
	if err := get(path+"/count", nil, false); err != nil {
		return 0, err
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for range n {
		wg.Go(func() {
			for {
				after := int(next.Add(1)-1) * pageSize
				if after >= records {
					return
				}
				if err := get(path, url.Values{"pageId": {strconv.Itoa(after)}, "pageSize": {strconv.Itoa(pageSize)}, "fields": {"id,_info"}}, true); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return time.Since(began), <-errs
}
