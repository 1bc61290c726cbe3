package transport

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode/utf8"
)

// dataForm says what the bytes of a CloudEvent's data are.
type dataForm uint8

const (
	dataBytes  dataForm = iota // of the type that datacontenttype names
	dataValue                  // a JSON value
	dataBase64                 // bytes, in base64
)

// dataJSON returns the data as the JSON that a front-end gets: JSON as it is, text
// as a string, and bytes as a string of base64.
func (ev *cloudEvent) dataJSON() ([]byte, error) {
	if ev.data == nil {
		return []byte("null"), nil
	}
	if ev.dataForm == dataValue {
		return ev.data, nil
	}
	data := ev.data
	if ev.dataForm == dataBase64 {
		data = make([]byte, base64.StdEncoding.DecodedLen(len(ev.data)))
		n, err := base64.StdEncoding.Strict().Decode(data, ev.data)
		if err != nil {
			return nil, invalid("invalid_cloudevent", "data_base64", "data_base64 is not valid base64")
		}
		data = data[:n]
	}
	declared, ok := ev.attributes["datacontenttype"]
	if !ok {
		declared = "application/octet-stream"
	}
	mediaType, params, err := mime.ParseMediaType(declared)
	switch {
	case err != nil || !strings.Contains(mediaType, "/"):
		return nil, invalid("invalid_cloudevent", "datacontenttype", "datacontenttype is a media type")
	case isJSON(mediaType):
		return data, nil
	case isText(mediaType):
		charset := strings.ToLower(params["charset"])
		if (charset != "" && charset != "utf-8" && charset != "us-ascii") || !utf8.Valid(data) {
			return nil, invalid("invalid_utf8", "data", "text is in UTF-8")
		}
		return appendJSONString(nil, string(data)), nil
	}
	return appendJSONString(nil, base64.StdEncoding.EncodeToString(data)), nil
}

func isJSON(mediaType string) bool {
	return mediaType == contentJSON || mediaType == "text/json" || strings.HasSuffix(mediaType, "+json")
}

func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || mediaType == "application/xml" || strings.HasSuffix(mediaType, "+xml")
}
