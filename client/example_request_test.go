package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// request asks a handler as a page would, and returns its answer.
func request(handler http.HandlerFunc) string {
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest(http.MethodPost, "/api/hub-ticket", http.NoBody))
	return strings.TrimSpace(w.Body.String())
}
