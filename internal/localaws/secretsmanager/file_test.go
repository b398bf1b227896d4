package secretsmanager_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/localaws/secretsmanager"
)

func open(t *testing.T, path string) *secretsmanager.Server {
	t.Helper()
	s, err := secretsmanager.Open("us-east-1", "000000000000", path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// call sends a request as the SDK does and returns the status and the answer.
func call(h http.Handler, op, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "secretsmanager."+op)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const createBody = `{"Name":"n","SecretString":"value-1","ClientRequestToken":"01234567890123456789012345678901"}`

// A value that could not be saved is not there: the caller was told so.
func TestAFailedSaveChangesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	s := open(t, filepath.Join(dir, "secrets.json"))
	if status, _ := call(s, "CreateSecret", createBody); status != http.StatusInternalServerError {
		t.Errorf("a creation that cannot be saved: status %d, want 500", status)
	}
	if status, answer := call(s, "GetSecretValue", `{"SecretId":"n"}`); !strings.Contains(answer, "ResourceNotFound") {
		t.Errorf("its value: %d %s", status, answer)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if status, answer := call(s, "CreateSecret", createBody); status != http.StatusOK {
		t.Errorf("the creation once it can be saved: %d %s", status, answer)
	}
}

// A crash while writing leaves a file beside the good one. It holds secrets,
// and must not stay.
func TestAnUnfinishedFileIsRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.json")
	call(open(t, path), "CreateSecret", createBody)
	if err := os.WriteFile(path+".new", []byte(`{"half":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, answer := call(open(t, path), "GetSecretValue", `{"SecretId":"n"}`); !strings.Contains(answer, "value-1") {
		t.Errorf("after a crash while writing: %s", answer)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v (%v), want the one file", entries, err)
	}
}

func TestABrokenFileIsAnErrorWithoutItsContent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(path, []byte(`{"n":{"Versions":{"v":{"String":"hidden-value`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := secretsmanager.Open("us-east-1", "000000000000", path)
	if err == nil || strings.Contains(err.Error(), "hidden-value") {
		t.Errorf("error: %v", err)
	}
	if b, _ := os.ReadFile(path); !bytes.Contains(b, []byte("hidden-value")) {
		t.Error("the broken file was changed")
	}
}

// Deletion takes the value out of the file as well.
func TestAnErasedValueIsNotInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.json")
	s := open(t, path)
	call(s, "CreateSecret", createBody)
	if b, _ := os.ReadFile(path); !bytes.Contains(b, []byte("value-1")) {
		t.Fatal("the value is not in the file")
	}
	call(s, "DeleteSecret", `{"SecretId":"n","ForceDeleteWithoutRecovery":true}`)
	if b, _ := os.ReadFile(path); bytes.Contains(b, []byte("value-1")) {
		t.Error("an erased value is still in the file")
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	t.Parallel()
	s := open(t, "")
	for op, body := range map[string]string{"NoSuchCall": "{}", "CreateSecret": "{", "GetSecretValue": `{"SecretId":7}`} {
		if status, answer := call(s, op, body); status != http.StatusBadRequest || !strings.Contains(answer, "__type") {
			t.Errorf("%s %s: %d %s", op, body, status, answer)
		}
	}
	if status, _ := call(s, "CreateSecret", `{"SecretString":"`+strings.Repeat("x", 9<<20)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a request of 9 MiB: status %d, want 413", status)
	}
}
