package transport

import _ "embed"

//go:embed openapi.yaml
var openapiYAML []byte

// openapi serves GET /openapi.yaml.
func (s *Server) openapi(c *call) error {
	c.rc.SetContentType("application/yaml") // RFC 9512
	c.rc.Response.AppendBody(openapiYAML)
	return nil
}
