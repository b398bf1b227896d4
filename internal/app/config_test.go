package app_test

import (
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/app"
)

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func good() map[string]string {
	return map[string]string{
		"STAGE": "dev", "LOG_LEVEL": "INFO", "TABLE_NAME": "table",
		"CONNECTWISE_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
	}
}

func TestLoadReportsAllProblemsTogetherAndQuotesNoValue(t *testing.T) {
	t.Parallel()
	m := good()
	m["LOG_LEVEL"] = "loud-and-secret"
	delete(m, "TABLE_NAME")
	m["CONNECTWISE_CLIENT_ID"] = "sesame"
	_, err := app.Load("sync", env(m), "CONNECTWISE_CLIENT_ID", "SYNC_QUEUE_URL")
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"LOG_LEVEL", "TABLE_NAME", "CONNECTWISE_CLIENT_ID", "SYNC_QUEUE_URL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %q", name, err)
		}
	}
	if strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a value is quoted: %q", err)
	}
}

func TestTheOverlayIsRefusedOnLambdaAndTakenLocally(t *testing.T) {
	t.Parallel()
	for _, name := range app.Overlay() {
		m := good()
		m[name] = "1"
		if _, err := app.Load("sync", env(m)); err != nil {
			t.Errorf("locally %s: %v", name, err)
		}
		m["AWS_EXECUTION_ENV"] = "AWS_Lambda_provided.al2023"
		if _, err := app.Load("sync", env(m)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("on Lambda %s is accepted: %v", name, err)
		}
	}
}

func TestLoopbackIsAllowedOnlyByTheOverlay(t *testing.T) {
	t.Parallel()
	m := good()
	if cfg, err := app.Load("sync", env(m)); err != nil || cfg.AllowLoopback {
		t.Errorf("AllowLoopback = %v, %v", cfg.AllowLoopback, err)
	}
	m["PSABRIDGE_ALLOW_LOOPBACK"] = "1"
	if cfg, err := app.Load("sync", env(m)); err != nil || !cfg.AllowLoopback {
		t.Errorf("AllowLoopback = %v, %v", cfg.AllowLoopback, err)
	}
}

func TestWhatAVariableMustBe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, value string
		ok          bool
	}{
		{"CONNECTWISE_CLIENT_ID", "11111111-2222-3333-4444-55555555555F", true},
		{"CONNECTWISE_CLIENT_ID", "11111111-2222-3333-4444-55555555555", false},
		{"CONNECTWISE_CLIENT_ID", "11111111-2222-3333-444455555555-5555", false},
		{"CONNECTWISE_CLIENT_ID", "11111111-2222-3333-4444-55555555555g", false},
		{"JWT_ISSUER", "https://login.example.com/tenant", true},
		{"JWT_ISSUER", "https://login.example.com/?a=b", false},
		{"JWT_ISSUER", "login.example.com", false},
		{"JWT_ISSUER", "file:///etc/passwd", false},
		{"PRODUCT_NAME", "Müller & Søn's product", true},
		{"PRODUCT_NAME", "two\nlines", false},
		{"POSTING_YEARS", "7", true},
		{"POSTING_YEARS", "0", false},
		{"POSTING_YEARS", "ever", false},
		{"LOG_LEVEL", "DEBUG", true},
		{"LOG_LEVEL", "debug", false},
	} {
		m := good()
		m[tt.name] = tt.value
		if _, err := app.Load("wizard", env(m), tt.name); (err == nil) != tt.ok {
			t.Errorf("%s = %q: %v, want ok = %v", tt.name, tt.value, err, tt.ok)
		}
	}
}
