// A peer for the benchmark: zip by Go's archive/zip, one file after the other, as Go programs commonly do it.
//
//	go-zip create FOLDER ARCHIVE
//	go-zip extract ARCHIVE FOLDER
package main

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: go-zip create FOLDER ARCHIVE | extract ARCHIVE FOLDER")
	}
	work := map[string]func(from, to string) error{"create": create, "extract": extract}[os.Args[1]]
	if work == nil {
		log.Fatalf("unknown command %q", os.Args[1])
	}
	if err := work(os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func create(folder, archive string) (err error) {
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	writer := zip.NewWriter(file)
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		return add(writer, folder, path, entry)
	})
	return errors.Join(err, writer.Close())
}

func add(writer *zip.Writer, folder, path string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	header, err := zip.FileInfoHeader(info)
	if err != nil {
		return err
	}
	if header.Name, err = filepath.Rel(folder, path); err != nil {
		return err
	}
	if entry.IsDir() {
		header.Name += "/"
		_, err = writer.CreateHeader(header)
		return err
	}
	header.Method = zip.Deflate
	out, err := writer.CreateHeader(header)
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(out, in)
	return err
}

func extract(archive, folder string) error {
	reader, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer reader.Close()
	for _, file := range reader.File {
		path := filepath.Join(folder, filepath.FromSlash(file.Name))
		if file.FileInfo().IsDir() {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = extractFile(file, path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func extractFile(file *zip.File, path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	in, err := file.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
